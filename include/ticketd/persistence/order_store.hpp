// Orders in PostgreSQL, as their buyers may read them.
//
// Owned by its session. Thread: the session's. Failures are database_errc.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ticketd::persistence {

struct known_order {
  domain::order_id id;
  std::int64_t version = 0;
};

class order_store {
 public:
  virtual ~order_store() = default;

  // The orders among these ids that have been settled, and those that wait for their event (`queued`), in no particular
  // order.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                                                deadline until) = 0;

  // Those of these that are settled, and later than the version of theirs that is known (domain::version_of), or
  // expired for good: who knows an expired order cannot tell by its version that nothing of it is in doubt any more.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::order_view>>> find_changed(
      std::span<const known_order> known, deadline until) = 0;
};

}  // namespace ticketd::persistence
