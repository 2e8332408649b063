#include "ticketd/domain/settlement_reading.hpp"

namespace ticketd::domain {
namespace {

using category_key = std::pair<std::string, std::string>;

void go_behind_waiting(settlement_context& context, settlement_reading& reading) {
  for (auto& event_id : reading.events_with_waiting) context.deferred_events.insert(std::move(event_id));
  for (auto& [id, buyer] : reading.waiting_orders) context.known_orders.emplace(id, std::move(buyer));
}

// Of an event's categories those count that an order names: nothing else is written.
void defer_what_others_hold(settlement_context& context, const locked_rows& locked,
                            std::span<const accepted_order> orders) {
  std::set<category_key> named;
  for (const auto& order : orders) named.emplace(order.event_id, order.category_id);
  for (const auto& category : context.categories) {
    const category_key key(category.event_id, category.category_id);
    const bool is_held = named.contains(key) && !locked.categories.contains(key);
    if (is_held || !locked.events.contains(key.first)) context.deferred_events.insert(key.first);
  }
}

}  // namespace

settlement_context context_of(settlement_reading reading, std::span<const accepted_order> orders, order_source from) {
  settlement_context context = std::move(reading.context);
  if (from == order_source::queue) go_behind_waiting(context, reading);
  if (reading.locked) defer_what_others_hold(context, *reading.locked, orders);
  return context;
}

}  // namespace ticketd::domain
