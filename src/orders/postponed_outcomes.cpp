#include "orders/postponed_outcomes.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::orders {

void postponed_outcomes::add(const domain::payment_outcome& outcome) {
  const bool is_certain = outcome.task == domain::payment_task::charge && domain::is_certainly_not_done(outcome.result);
  if (is_certain && waiting_.size() < most_) waiting_.push_back(outcome);
}

std::span<const domain::payment_outcome> postponed_outcomes::begin_writing() {
  being_written_ = std::exchange(waiting_, {});
  return being_written_;
}

bool postponed_outcomes::contains(const domain::order_id& order) const {
  const auto is_of = [&](const domain::payment_outcome& outcome) { return outcome.order == order; };
  return std::ranges::any_of(waiting_, is_of) || std::ranges::any_of(being_written_, is_of);
}

std::vector<domain::order_id> postponed_outcomes::orders() const {
  std::vector<domain::order_id> orders;
  for (const auto* outcomes : {&waiting_, &being_written_})
    for (const auto& outcome : *outcomes) orders.push_back(outcome.order);
  return orders;
}

}  // namespace ticketd::orders
