// Events and their categories in PostgreSQL.
//
// A store is a view on a session, on the session's thread. Failures are database_errc.
#pragma once

#include "ticketd/domain/event.hpp"
#include "ticketd/persistence/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

enum class define_outcome { created, replaced, capacity_conflict };
enum class define_mode { create_or_replace, only_if_absent };

class event_store {
 public:
  explicit event_store(session& on) noexcept : session_(&on) {}

  // All events, by start and id.
  [[nodiscard]] awaitable<result<std::vector<domain::event_snapshot>>> list(deadline until);

  // nullopt if there is no such event.
  [[nodiscard]] awaitable<result<std::optional<domain::event_snapshot>>> find(std::string_view event_id,
                                                                              deadline until);

  // One transaction. A category that the new definition leaves out is retired if nothing of it is sold or held.
  // capacity_conflict, and no change, if a capacity would fall below what is sold and held, or a category of which
  // something is sold or held would change its currency. With only_if_absent an event that exists stays as it is, and
  // counts as `replaced`.
  [[nodiscard]] awaitable<result<define_outcome>> define(const domain::event_definition& event, define_mode mode,
                                                         deadline until);

 private:
  session* session_;
};

}  // namespace ticketd::persistence
