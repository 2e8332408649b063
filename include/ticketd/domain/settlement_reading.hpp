// What settlement reads under its locks, and what of it can be decided now.
//
// Pure functions over values. Nothing here is thread-bound.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order.hpp"

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::domain {

// Where orders come from: fresh out of the queue, or out of the table of those that wait for their event.
enum class order_source { queue, waiting_table };

// What was locked of what the orders name.
struct locked_rows {
  std::set<std::string, std::less<>> events{};
  std::set<std::pair<std::string, std::string>> categories{};  // (event, category)
};

struct settlement_reading {
  settlement_context context{};                    // what is settled, and the stock; nothing of it is deferred yet
  std::vector<std::string> events_with_waiting{};  // of the orders' events, those of which orders wait
  std::vector<std::pair<order_id, std::string>> waiting_orders{};  // of the orders, those that wait, and whose they are
  // Where what somebody else holds was passed over. None: all was locked.
  std::optional<locked_rows> locked{};
};

// What allocate() decides by. An order from the queue goes behind those of its event that wait already, and is known if
// it is one of them. What is there and was not locked is somebody else's at the moment: its event is deferred.
[[nodiscard]] settlement_context context_of(settlement_reading reading, std::span<const accepted_order> orders,
                                            order_source from);

}  // namespace ticketd::domain
