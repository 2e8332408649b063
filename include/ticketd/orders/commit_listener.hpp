// Who is told of what a commit has changed, right after it. May be told twice of one change, and must not be waited
// for.
//
// Values. Thread: the executor's.
#pragma once

#include "ticketd/domain/order_id.hpp"

#include <functional>
#include <span>
#include <string>

namespace ticketd::orders {

struct commit_listener {
  std::function<void(const std::string& event_id)> stock_changed;
  // All the orders of one commit whose state, or end, is another one now.
  std::function<void(std::span<const domain::order_id>)> orders_changed;
};

}  // namespace ticketd::orders
