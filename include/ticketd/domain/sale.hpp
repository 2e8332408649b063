// On what terms a sale sells: when, for how much, and how many to one buyer.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <algorithm>

namespace ticketd::domain {

// The span of time in which an order may be accepted: [opens_at, closes_at).
struct sale_window {
  timestamp opens_at;
  timestamp closes_at;

  [[nodiscard]] bool has_opened(timestamp at) const noexcept { return at >= opens_at; }
  [[nodiscard]] bool has_closed(timestamp at) const noexcept { return at >= closes_at; }

  friend bool operator==(const sale_window&, const sale_window&) = default;
};

// When tickets are sold: nothing is once the event has started, whatever the sale's own end.
[[nodiscard]] inline sale_window selling_window(const sale_window& sale, timestamp starts_at) noexcept {
  return {sale.opens_at, std::min(sale.closes_at, starts_at)};
}

// What the buyer saw when the order was accepted. It travels with the order.
struct sale_terms {
  money price;  // of one ticket
  sale_window window;
  int max_per_buyer = 1;

  friend bool operator==(const sale_terms&, const sale_terms&) = default;
};

}  // namespace ticketd::domain
