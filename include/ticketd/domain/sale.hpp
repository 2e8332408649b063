// On what terms a sale sells: when, for how much, and how many to one buyer.
//
// Values: any thread.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <algorithm>

namespace ticketd::domain {

// The span of time in which an order may be accepted: [opens_at, closes_at).
struct sale_window {
  timestamp opens_at;
  timestamp closes_at;

  // When tickets of an event that starts then are sold: nothing is once it has started, whatever the sale's own end.
  [[nodiscard]] sale_window until_start(timestamp starts_at) const noexcept {
    return {opens_at, std::min(closes_at, starts_at)};
  }
  [[nodiscard]] bool has_opened(timestamp at) const noexcept { return at >= opens_at; }
  [[nodiscard]] bool has_closed(timestamp at) const noexcept { return at >= closes_at; }

  friend bool operator==(const sale_window&, const sale_window&) = default;
};

// What the buyer saw when the order was accepted. It travels with the order.
struct sale_terms {
  money price;  // of one ticket
  sale_window window;
  int max_per_buyer = 1;

  friend bool operator==(const sale_terms&, const sale_terms&) = default;
};

}  // namespace ticketd::domain
