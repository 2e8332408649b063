// Orders that wait for their event, because somebody else holds it or the database does not take them: who settles from
// there begins here. They get in and out by settlements (settlement_store.hpp).
//
// Thread: the session's. Failures are database_errc.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

class waiting_order_store {
 public:
  virtual ~waiting_order_store() = default;

  // The events that orders wait for.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> events(deadline until) = 0;

  // The first `most` orders that wait for this one, in their order.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::accepted_order>>> orders_of(std::string_view event_id,
                                                                                         std::size_t most,
                                                                                         deadline until) = 0;
};

}  // namespace ticketd::persistence
