// Which way this api takes purchases, as --purchase says, and what that way is made of.
//
// Thread: the executor's.
#pragma once

#include "api/purchasing.hpp"
#include "api/time_budgets.hpp"
#include "selling_parts.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/watch_orders.hpp"

#include <memory>

namespace ticketd::roles::api {

// What it is made of outlives it, but for the budgets. Throws std::invalid_argument for a URL that is none.
[[nodiscard]] std::unique_ptr<purchasing> make_purchasing(selling_parts& parts, catalog::event_reader& events,
                                                          orders::order_finder& finder, orders::watch_orders& watchers,
                                                          const time_budgets& budgets);

}  // namespace ticketd::roles::api
