// Through the queue: says yes as soon as the broker has the order.
//
// Thread: the executor's.
#pragma once

#include "api/purchasing.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/place_order.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>

namespace ticketd::roles::api {

// What it is made of. The publisher becomes its own, the rest outlives it.
struct async_parts {
  asio::any_io_executor executor;
  catalog::event_reader& events;
  orders::order_finder& finder;
  std::unique_ptr<messaging::order_publisher> publisher;
  cache::versioned_cache* cache;  // null with --cache=off
  domain::order_id_mint& mint;
  const domain::clock& clock;
  std::chrono::milliseconds settled_wait;  // time_budgets::settled
  orders::place_settings placing;
};

[[nodiscard]] std::unique_ptr<purchasing> make_async_purchasing(async_parts parts);

}  // namespace ticketd::roles::api
