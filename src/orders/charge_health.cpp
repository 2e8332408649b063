#include "ticketd/orders/charge_health.hpp"

#include <algorithm>

namespace ticketd::orders {

using domain::payment_result;

void charge_health::note(const domain::payment_outcome& outcome, time_point now) {
  if (outcome.result == payment_result::our_mistake) {
    forget(outcome.order);
    if (refused_.size() == settings_.refused_max) refused_.erase(refused_.begin());
    refused_.push_back({outcome.order, outcome.attempt});
    const bool was_understood_lately = understood_at_ && now - *understood_at_ < settings_.lately;
    is_slowed_ = is_slowed_ || ++refused_in_a_row_ > (was_understood_lately ? settings_.tolerated : 0);
    return;
  }
  if (outcome.result != payment_result::succeeded && outcome.result != payment_result::declined) return;
  // Whatever was wrong with this one may be over for all of them.
  if (std::ranges::find(refused_, outcome.order, &refused_charge::order) != refused_.end()) refused_.clear();
  refused_in_a_row_ = 0;
  understood_at_ = now;
  is_slowed_ = false;
}

void charge_health::forget(const domain::order_id& order) {
  std::erase_if(refused_, [&](const auto& refused) { return refused.order == order; });
}

}  // namespace ticketd::orders
