// What most tests sell: the event "gig", with tickets "standing" at 10.00 TRY, and Ada who buys them.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/orders/purchase.hpp"

#include <chrono>
#include <string>

namespace ticketd::test {

// Mints and printers of one secret agree with each other.
inline const domain::secrets known_secrets{"a secret of the tests"};
inline domain::order_id_mint make_mint() { return domain::order_id_mint(known_secrets); }
inline domain::ticket_printer make_printer() { return domain::ticket_printer(known_secrets); }

// On sale from an hour before until an hour behind `now`, when it has another hour to go before it starts.
inline domain::event_snapshot gig(domain::timestamp now, int remaining = 2) {
  using std::chrono::hours;
  domain::event_snapshot event;
  event.id = "gig";
  event.name = "Gig";
  event.venue = "Hall";
  event.starts_at = now + hours(2);
  event.sale = {now - hours(1), now + hours(1)};
  event.max_per_buyer = 4;
  event.categories = {
      {.id = "standing", .name = "Standing", .price = {1000, "TRY"}, .capacity = 10, .remaining = remaining}};
  event.revision = 1;
  event.as_of = now;
  return event;
}

// The same category as settlement reads it, with nothing sold of it.
inline domain::category_stock stock_of_gig(domain::timestamp now, int capacity, int max_per_buyer = 4) {
  return {.event_id = "gig",
          .category_id = "standing",
          .capacity = capacity,
          .price = {1000, "TRY"},
          .sale = gig(now).sale,
          .max_per_buyer = max_per_buyer};
}

inline orders::purchase_request purchase_of_gig(const std::string& key, int quantity = 1) {
  return {.event_id = "gig",
          .category_id = "standing",
          .quantity = quantity,
          .buyer = {"Ada", "ada@example.com"},
          .idempotency_key = key,
          .traceparent = ""};
}

// Under the id that Ada's purchase with this key has.
inline domain::order_id id_of_purchase(domain::order_id_mint& mint, const std::string& key) {
  return mint.mint({domain::id_layout::by_event, "gig", "ada@example.com"}, key);
}

inline domain::accepted_order order_of_gig(const domain::order_id& id, domain::timestamp accepted_at, int quantity = 1,
                                           const std::string& email = "ada@example.com") {
  return {.id = id,
          .event_id = "gig",
          .category_id = "standing",
          .quantity = quantity,
          .buyer = {"Ada", email},
          .accepted_at = accepted_at,
          .traceparent = ""};
}

// The same when it is reserved, and its first charge is due.
inline domain::charged_order charged_order_of_gig(const domain::order_id& id, int quantity = 1,
                                                  const std::string& email = "ada@example.com") {
  domain::charged_order order;
  order.id = id;
  order.event_id = "gig";
  order.category_id = "standing";
  order.buyer_email = email;
  order.quantity = quantity;
  order.attempts = 1;
  order.event_max_per_buyer = 4;
  return order;
}

}  // namespace ticketd::test
