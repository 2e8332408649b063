#include "ticketd/orders/place_order.hpp"

#include "ticketd/observability/log.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::orders {

awaitable<placement> place_order::operator()(purchase_request request, deadline until) {
  const auto reading = co_await events_->read(request.event_id, until);
  if (!reading) co_return unavailable_purchase{"the event can't be read at the moment"};

  const auto accepted_at = clock_->now();
  const domain::order_id id = mint_id(*mint_, request);
  const objection against = screen(request, reading->event.get(), accepted_at);
  if (const auto* invalid = std::get_if<invalid_purchase>(&against)) co_return *invalid;
  if (const auto* refused = std::get_if<refused_purchase>(&against)) {
    // The order that took the last ticket may be this very one: its buyer, or Nginx, repeats it because the answer got
    // lost. Where that can't be ruled out the order goes to the queue, and settlement decides.
    const bool has_key = !request.idempotency_key.empty();
    if (!has_key || !co_await may_be_a_repeat(id, until)) co_return *refused;
  }
  domain::accepted_order order = accept(std::move(request), *reading->event, id, accepted_at);
  co_return co_await publish(std::move(order), until);
}

awaitable<bool> place_order::may_be_a_repeat(const domain::order_id& id, deadline until) {
  const auto found = co_await finder_->find(id, std::min(until, deadline_in(settings_.look_up_max)));
  co_return !found || found->has_value();
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
    case messaging::publish_outcome::unknown:
      break;
  }
  co_return unavailable_purchase{
      "the order was not confirmed in time; repeat it with the same Idempotency-Key, it stays one order"};
}

}  // namespace ticketd::orders
