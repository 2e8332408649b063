// Inside the request: reserves, charges and invoices before it answers. As a monolith has no worker, it also ends
// holds, and charges what a crash left uncharged.
//
// Thread: the executor's.
#pragma once

#include "api/purchasing.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/orders/charge_orders.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::roles::api {

// What it is made of. The gateway becomes its own, the rest outlives it.
struct sync_parts {
  asio::any_io_executor executor;
  catalog::event_reader& events;
  persistence::database& database;
  std::unique_ptr<payment::gateway> gateway;  // null with --payments=off
  domain::order_id_mint& mint;
  const domain::clock& clock;
  domain::ticket_printer& printer;
  orders::settlement_rules rules;
  orders::charge_settings charging;
  orders::commit_listener told;
  observability::metrics& metrics;
};

[[nodiscard]] std::unique_ptr<purchasing> make_sync_purchasing(sync_parts parts);

}  // namespace ticketd::roles::api
