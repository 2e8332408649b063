#include "ticketd/orders/recent_purchases.hpp"

#include <functional>
#include <string>

namespace ticketd::orders {
namespace {

// Of all that the buyer has said. A buyer who finds two bodies of one fingerprint has only deceived himself.
std::size_t fingerprint_of(const purchase_request& request) {
  constexpr char separator = '\0';  // in none of them
  std::string all;
  for (const auto& member : {request.event_id, request.category_id, std::to_string(request.quantity),
                             request.buyer.name, request.payment_method})
    (all += member) += separator;
  if (request.price) (all += std::to_string(request.price->amount)) += request.price->currency;
  return std::hash<std::string>()(all);
}

}  // namespace

recent_purchases::memory recent_purchases::recall(const domain::order_id& id, const purchase_request& request) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return memory::none;
  if (found->second.fingerprint != fingerprint_of(request)) return memory::another;
  return found->second.is_placed ? memory::placed : memory::begun;
}

bool recent_purchases::begin(const domain::order_id& id, const purchase_request& request) {
  if (!by_id_.try_emplace(id, purchase{fingerprint_of(request), false}).second) return false;
  oldest_first_.push_back(id);
  if (oldest_first_.size() <= purchases_max_) return true;
  by_id_.erase(oldest_first_.front());
  oldest_first_.pop_front();
  return true;
}

void recent_purchases::note_placed(const domain::order_id& id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) found->second.is_placed = true;
}

void recent_purchases::forget(const domain::order_id& id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end() && !found->second.is_placed) by_id_.erase(found);
}

}  // namespace ticketd::orders
