// Through the queue: says yes as soon as the broker has the order.
#pragma once

#include "api/purchasing.hpp"
#include "selling_parts.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/orders/find_order.hpp"

#include <memory>

namespace ticketd::roles::api {

// What it is made of outlives it.
[[nodiscard]] std::unique_ptr<purchasing> make_async_purchasing(selling_parts& parts, catalog::event_reader& events,
                                                                orders::order_finder& finder,
                                                                domain::order_id_mint& mint);

}  // namespace ticketd::roles::api
