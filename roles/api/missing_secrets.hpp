// Whether an event is on sale whose ids are sealed under a secret that this replica was not given, as one that is
// restarted later than its neighbours while the secret is replaced: then it cannot tell a made-up id from one of
// theirs.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"

namespace ticketd::roles::api {

class missing_secrets {
 public:
  missing_secrets(catalog::event_reader& events, const domain::order_id_mint& mint, const domain::clock& clock) noexcept
      : events_(&events), mint_(&mint), clock_(&clock) {}

  [[nodiscard]] awaitable<> look(deadline until);

  // As it was at the last look.
  [[nodiscard]] bool any() const noexcept { return is_any_; }
  // Whether of an event it is not written down yet under which secret it is.
  [[nodiscard]] bool is_any_unnamed() const noexcept { return is_any_unnamed_; }

 private:
  catalog::event_reader* events_;
  const domain::order_id_mint* mint_;
  const domain::clock* clock_;
  bool is_any_ = false;
  bool is_any_unnamed_ = false;
};

}  // namespace ticketd::roles::api
