// Who gets tickets: first come, first served, decided for a whole batch at once.
//
// A pure function over what the database said under lock, so the rule that matters most can be read, and tested,
// without a database. Nothing here is thread-bound.
#pragma once

#include "ticketd/domain/invoice.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/ticket_code.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ticketd::domain {

// A category's stock and the rules of its event, as read under lock.
struct category_stock {
  std::string event_id;
  std::string category_id;
  int capacity = 0;
  int sold = 0;
  int held = 0;
  money price;
  sale_window sale;
  timestamp starts_at = timestamp::max();
  int max_per_buyer = 1;

  [[nodiscard]] int remaining() const noexcept { return capacity - sold - held; }
  // When tickets are sold.
  [[nodiscard]] sale_window selling() const noexcept { return sale.until_start(starts_at); }
};

// What must be known to settle a batch.
struct settlement_context {
  std::vector<category_stock> categories;
  // Settled before, and whose they are: of the same buyer it is a repeat, by buyer, Nginx or broker.
  std::unordered_map<order_id, std::string> known_orders;
  // (event, canonical email) -> tickets that the buyer has sold or held. No entry is none.
  std::map<std::pair<std::string, std::string>, int> tickets_of_buyer;
  domain::last_invoices last_invoices{};
  // Of these nothing can be decided now: somebody else holds them, or their earlier orders still wait.
  std::set<std::string, std::less<>> deferred_events{};
};

// What becomes of one order of the batch. `order` is its index there.
struct decision {
  std::size_t order = 0;
  order_status status = order_status::rejected;  // reserved, confirmed or rejected
  order_reason reason = order_reason::none;
  money total;
  std::int64_t invoice = 0;                 // of a confirmed one: its number within the event
  std::vector<std::string> ticket_codes{};  // of a confirmed one: see print_tickets

  [[nodiscard]] bool is_confirmed() const noexcept { return status == order_status::confirmed; }
  [[nodiscard]] bool has_to_be_paid() const noexcept { return status == order_status::reserved; }
};

struct allocation {
  std::vector<decision> decisions;        // in the order of the batch; repeats and collisions have none
  std::vector<std::size_t> collisions{};  // indices of orders whose id is another buyer's order
  std::vector<std::size_t> deferred{};    // indices of orders that have to wait, in their order
};

// Whether an order that costs something waits for its payment, or is confirmed at once.
enum class payment_mode { charge, confirm_at_once };

// On the terms that the buyer saw; on the row's where the order brings none. An order for a category that does not
// exist any more is rejected as not available.
//
// Decides the orders one by one as they stand in `orders`. The first of two with the same id counts.
[[nodiscard]] allocation allocate(settlement_context context, std::span<const accepted_order> orders, payment_mode pay);

// What an order ends with that can be decided no more.
[[nodiscard]] decision decide_not_available(const accepted_order& order, std::size_t index);

// Gives the confirmed ones their tickets' codes.
void print_tickets(allocation& of, std::span<const accepted_order> orders, ticket_printer& printer);

}  // namespace ticketd::domain
