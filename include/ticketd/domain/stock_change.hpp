// What decisions do to the tickets of their categories, and to the invoices of their events: gathered order by order,
// so that it can be written at once.
//
// Pure: any thread.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/payment_settlement.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace ticketd::domain {

// Tickets more, or less.
struct stock_change {
  std::int32_t sold = 0;
  std::int32_t held = 0;

  friend bool operator==(const stock_change&, const stock_change&) = default;
};

struct stock_changes {
  std::map<std::pair<std::string, std::string>, stock_change> categories{};  // by event and category
  std::map<std::string, std::int64_t> last_invoices{};  // by event whose stock changes; 0 where it has no new one
};

// A reservation holds its tickets, and what is confirmed at once has sold them.
[[nodiscard]] stock_changes changes_of(std::span<const accepted_order> orders, const allocation& settled);

// What was reserved is held no more, whatever has become of it; what is confirmed is sold, reserved before or not.
[[nodiscard]] stock_changes changes_of(std::span<const payment_decision> decisions);

}  // namespace ticketd::domain
