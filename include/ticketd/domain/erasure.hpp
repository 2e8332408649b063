// When a buyer's name and address may be taken out of what is stored.
//
// Pure: any thread.
#pragma once

#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ticketd::domain {

// Of an event that the buyer has ordered for.
struct event_ordered_for {
  std::string event_id;
  sale_window selling;
};

// What must be known of the buyer.
struct erasure_context {
  timestamp at;
  std::vector<event_ordered_for> events;
  std::int64_t orders_under_way = 0;    // reserved, or waiting for their event
  std::int64_t payments_under_way = 0;  // in doubt, or to be given back
};

enum class erasure_obstacle {
  none,
  sale_runs,          // a repeat of a purchase must find its order under the same buyer, and the limit counts by it
  order_under_way,    // the buyer is still to hear
  payment_under_way,  // somebody may have to ask the buyer
};

[[nodiscard]] erasure_obstacle find_obstacle(const erasure_context& context) noexcept;

}  // namespace ticketd::domain
