#include "ticketd/orders/place_order.hpp"

#include "ticketd/observability/log.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::orders {

awaitable<placement> place_order::operator()(purchase_request request, deadline until) {
  auto reading = co_await events_->read(request.event_id, until);
  if (!reading) co_return unavailable_purchase{"the event can't be read at the moment"};
  const auto accepted_at = clock_->now();
  objection against = screen(request, reading->event.get(), accepted_at);
  if (std::holds_alternative<repriced_purchase>(against)) {
    // The buyer's page may be newer than the copy that it is held against.
    reading = co_await events_->read_database(request.event_id, until);
    if (!reading) co_return unavailable_purchase{"the event can't be read at the moment"};
    against = screen(request, reading->event.get(), accepted_at);
  }

  if (reading->event == nullptr) co_return std::get<invalid_purchase>(against);
  const domain::order_id id = mint_id(*mint_, request, *reading->event);
  if (!std::holds_alternative<std::monostate>(against))
    co_return co_await refuse_unless_repeat(std::move(request), *reading->event, std::move(against), id, until);
  domain::accepted_order order = accept(std::move(request), *reading->event, id, accepted_at);
  co_return co_await publish(std::move(order), until);
}

// What was accepted stays accepted, whatever has changed since: the order that took the last ticket may be this very one,
// repeated by its buyer, or by Nginx, because the answer got lost.
awaitable<placement> place_order::refuse_unless_repeat(purchase_request request, const domain::event_snapshot& event,
                                                       objection against, const domain::order_id& id, deadline until) {
  if (!request.idempotency_key.empty()) {
    const auto found = co_await finder_->find(id, std::min(until, deadline_in(settings_.look_up_max)));
    if (!found)
      co_return unavailable_purchase{
          "it can't be looked up whether this was accepted before; repeat it with the same Idempotency-Key"};
    if (found->has_value()) co_return placed_order{id};
    // While orders wait in the queue it may be one of them: then settlement decides, which knows repeats. Not at another price
    // than the buyer was shown: nobody is to pay that.
    const bool is_repriced = std::holds_alternative<repriced_purchase>(against);
    const bool is_decidable = event.find_category(request.category_id) != nullptr;
    if (publisher_->has_backlog() && is_repriced)
      co_return unavailable_purchase{
          "it can't be told yet whether this was accepted before; repeat it with the same Idempotency-Key"};
    if (publisher_->has_backlog() && is_decidable)
      co_return co_await publish(accept(std::move(request), event, id, clock_->now()), until);
  }
  if (auto* invalid = std::get_if<invalid_purchase>(&against)) co_return std::move(*invalid);
  if (auto* repriced = std::get_if<repriced_purchase>(&against)) co_return std::move(*repriced);
  co_return std::get<refused_purchase>(against);
}

awaitable<placement> place_order::publish(domain::accepted_order order, deadline until) {
  const domain::order_id id = order.id;
  const std::string traceparent = order.traceparent;
  switch (co_await publisher_->publish(std::move(order), until)) {
    case messaging::publish_outcome::confirmed:
      if (!traceparent.empty()) observability::log_order("order.accepted", id.to_string(), traceparent);
      co_return placed_order{id};
    case messaging::publish_outcome::unreachable:
      co_return unavailable_purchase{"the broker can't be reached at the moment; nothing was ordered", true};
    case messaging::publish_outcome::unavailable:
      co_return unavailable_purchase{"orders can't be taken at the moment; nothing was ordered"};
    case messaging::publish_outcome::refused:
    case messaging::publish_outcome::unknown:
      break;
  }
  co_return unavailable_purchase{
      "the order was not confirmed in time; repeat it with the same Idempotency-Key, it stays one order"};
}

}  // namespace ticketd::orders
