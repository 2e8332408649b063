#include "ticketd/orders/place_order.hpp"

#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/database.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::orders {

using memory = recent_purchases::memory;

namespace {

// Other replicas have connections of their own. A database that is slow is so for all of them, and asking it again
// would make it slower.
elsewhere by(const error_code& error) {
  return error == persistence::database_errc::unreachable ? elsewhere::maybe : elsewhere::no;
}

unavailable_purchase unreadable(const error_code& error) { return {obstacle::event_unreadable, by(error)}; }

placement say_no(objection against) {
  if (auto* invalid = std::get_if<invalid_purchase>(&against)) return std::move(*invalid);
  if (auto* repriced = std::get_if<repriced_purchase>(&against)) return std::move(*repriced);
  return std::get<refused_purchase>(against);
}

}  // namespace

awaitable<placement> place_order::operator()(purchase_request request, deadline until) {
  auto reading = co_await events_->read(request.event_id, until);
  if (!reading) co_return unreadable(reading.error());
  const auto came_at = clock_->now();
  objection against = screen(request, reading->event.get(), came_at, settings_.takes);
  if (std::holds_alternative<repriced_purchase>(against)) {
    // The buyer's page may be newer than the copy that it is held against.
    reading = co_await events_->read_database(request.event_id, until);
    if (!reading) co_return unreadable(reading.error());
    against = screen(request, reading->event.get(), came_at, settings_.takes);
  }

  if (reading->event == nullptr) co_return std::get<invalid_purchase>(against);
  const auto id = mint_id(*mint_, request, *reading->event);
  if (!id) co_return unavailable_purchase{obstacle::secret_missing, elsewhere::maybe};
  incoming purchase{std::move(request), reading->event, *id, came_at};
  const auto known = purchase.has_key_of_buyer() ? recent_.recall(purchase.id, purchase.request) : memory::none;
  if (known == memory::placed) co_return placed_order{purchase.id};
  if (known == memory::another) co_return invalid_purchase{{{flaw_kind::key_taken}}};
  if (!std::holds_alternative<std::monostate>(against)) {
    const bool may_be_accepted = known == memory::begun;
    co_return co_await refuse_unless_repeat(std::move(purchase), std::move(against), may_be_accepted, until);
  }
  if (const auto why = find_obstacle(*purchase.event))
    co_return co_await turn_away(purchase.id, purchase.has_key_of_buyer(), *why, until);
  co_return co_await publish(std::move(purchase), until);
}

// Against an order of now, whoever's it is.
std::optional<unavailable_purchase> place_order::find_obstacle(const domain::event_snapshot& event) const {
  const auto payment_wait = progress_->payment_wait();
  if (payment_wait && *payment_wait > settings_.payment_wait_max)
    return unavailable_purchase{obstacle::payments_behind, elsewhere::no,
                                retry_in(*payment_wait - settings_.payment_wait_max)};
  if (event.waiting >= settings_.waiting_max)
    return unavailable_purchase{obstacle::event_backlog_full, elsewhere::no, settings_.retry_after_backlog};
  return std::nullopt;
}

// What was accepted stays accepted, whatever has changed since: the order that took the last ticket may be this very
// one, repeated by its buyer, or by Nginx, because the answer got lost.
awaitable<placement> place_order::refuse_unless_repeat(incoming purchase, objection against, bool may_be_accepted,
                                                       deadline until) {
  const bool may_be_repeat = !purchase.request.idempotency_key.empty() && !was_refused_everywhere(purchase, against);
  if (may_be_repeat) {
    bool is_settled = false;
    if (!may_be_accepted) is_settled = co_await is_all_settled(purchase.came_at, until);
    const auto found = co_await finder_->find(purchase.id, std::min(until, deadline_in(settings_.look_up_max)));
    if (!found) co_return unavailable_purchase{obstacle::look_up_failed, by(found.error())};
    if (found->has_value()) co_return placed_order{purchase.id};
    // While orders wait to be settled it may be one of them: then settlement decides, which knows repeats.
    if (!is_settled && !may_settle(purchase, against)) co_return unavailable_purchase{obstacle::not_settled_yet};
    if (!is_settled) co_return co_await publish(std::move(purchase), until);
  }
  co_return say_no(std::move(against));
}

// Not at another price than the buyer was shown, or one that can't be charged, nor for a category that is gone: nobody
// is to pay that.
bool place_order::may_settle(const incoming& purchase, const objection& against) const {
  const bool is_repriced = std::holds_alternative<repriced_purchase>(against);
  return !is_repriced && is_chargeable(purchase.request, *purchase.event, settings_.takes);
}

// Whether an order that was accepted before would be found by now. Where the broker does not answer it may be on its
// way.
awaitable<bool> place_order::is_all_settled(domain::timestamp before, deadline until) {
  const bool has_settled = co_await progress_->has_settled(before, until);
  co_return has_settled && publisher_->backlog();
}

// Nobody but Nginx repeats its own key, and not before it took the request. Where no replica would have accepted it
// since then, whatever the age of its copy, there is nothing to look up.
bool place_order::was_refused_everywhere(const incoming& purchase, const objection& against) const {
  const auto& request = purchase.request;
  if (!request.is_key_of_nginx || !request.waited) return false;
  const auto* refused = std::get_if<refused_purchase>(&against);
  const bool is_for_want_of_tickets = refused != nullptr && refused->reason == domain::order_reason::sold_out;
  const auto unchanged_since = is_for_want_of_tickets ? events_->unchanged_since(request.event_id, request.category_id)
                                                      : events_->offered_since(request.event_id);
  const auto back_then = *request.waited + settings_.copies_differ_max;
  if (!unchanged_since || *unchanged_since > clock_->steady() - back_then) return false;
  const auto back_then_against = screen(request, purchase.event.get(), purchase.came_at - back_then, settings_.takes);
  return !std::holds_alternative<std::monostate>(back_then_against);
}

// Not begun here. But under a buyer's key it may be the repeat of an order that is there already.
awaitable<placement> place_order::turn_away(domain::order_id id, bool has_key_of_buyer, unavailable_purchase why,
                                            deadline until) {
  why.is_nothing_ordered = !has_key_of_buyer;
  if (!has_key_of_buyer) co_return why;
  const auto found = co_await finder_->find(id, std::min(until, deadline_in(settings_.look_up_max)));
  if (found && found->has_value()) co_return placed_order{id};
  co_return why;
}

awaitable<placement> place_order::publish(incoming purchase, deadline until) {
  const domain::order_id id = purchase.id;
  const bool has_key_of_buyer = purchase.has_key_of_buyer();
  const bool has_begun_here = has_key_of_buyer && recent_.begin(id, purchase.request);
  const std::string traceparent = purchase.request.traceparent;
  domain::accepted_order order = accept(std::move(purchase.request), *purchase.event, id, clock_->now());
  const auto outcome = co_await publisher_->publish(std::move(order), until);
  if (outcome == messaging::publish_outcome::confirmed) {
    if (!traceparent.empty()) observability::log_order("order.accepted", id.to_string(), traceparent);
    recent_.note_placed(id);
    co_return placed_order{id};
  }
  const unavailable_purchase why = obstacle_of(outcome);
  if (why.why == obstacle::not_confirmed) co_return why;
  if (has_begun_here) recent_.forget(id);
  co_return co_await turn_away(id, has_key_of_buyer, why, until);
}

// Where it was not confirmed.
unavailable_purchase place_order::obstacle_of(messaging::publish_outcome outcome) const {
  switch (outcome) {
    case messaging::publish_outcome::unreachable:
      return {obstacle::broker_unreachable, elsewhere::maybe};
    case messaging::publish_outcome::overloaded:
      return {obstacle::in_flight_full, elsewhere::unless_overloaded, retry_in(time_to_settle_backlog())};
    case messaging::publish_outcome::unavailable:
      return {obstacle::not_accepting, elsewhere::no, retry_in(time_to_settle_backlog())};
    case messaging::publish_outcome::confirmed:
    case messaging::publish_outcome::refused:
    case messaging::publish_outcome::unknown:
      break;
  }
  return {obstacle::not_confirmed};
}

// As the worker says how far behind it is; a worker that is stopped says nothing, and then the queue's length tells.
std::chrono::seconds place_order::time_to_settle_backlog() const {
  const auto backlog = publisher_->backlog().value_or(messaging::queue_backlog());
  const std::chrono::seconds by_length(backlog.orders / settings_.settled_a_second);
  return std::max(by_length, progress_->lag().value_or(std::chrono::seconds(0)));
}

// A buyer who comes again when what is waiting now is done.
std::chrono::seconds place_order::retry_in(std::chrono::seconds behind) const {
  return std::clamp(behind, retry_after_least, settings_.retry_after_most);
}

}  // namespace ticketd::orders
