// Orders in PostgreSQL, as their buyers may read them.
//
// Owned by its session. Thread: the session's. Failures are database_errc.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"

#include <span>
#include <vector>

namespace ticketd::persistence {

class order_store {
 public:
  virtual ~order_store() = default;

  // The orders among these ids that have been settled, and those that wait for their event (`queued`), in no particular
  // order.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                                                deadline until) = 0;
};

}  // namespace ticketd::persistence
