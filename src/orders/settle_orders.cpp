#include "ticketd/orders/settle_orders.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/settlement_progress.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ticketd::orders {

using domain::accepted_order;
using domain::order_source;

settle_orders::settle_orders(const asio::any_io_executor& executor, persistence::database& database,
                             messaging::order_consumer& consumer, domain::order_id_mint& mint,
                             const domain::clock& clock, domain::ticket_printer& printer, settle_settings settings,
                             settlement_listener told, observability::metrics& metrics)
    : executor_(executor),
      database_(&database),
      consumer_(&consumer),
      mint_(&mint),
      clock_(&clock),
      settings_(settings),
      listener_(std::move(told)),
      metrics_(&metrics),
      from_queue_(database, printer, order_source::queue, settings.settler, metrics),
      waiting_(executor, database, clock, printer, settings.settler, settings.waiting, listener_, metrics),
      backoff_(settings.pauses) {}

awaitable<> settle_orders::run() {
  for (;;) {
    messaging::order_batch batch = co_await consumer_->next();
    const bool is_last = batch.orders.empty() && batch.malformed.empty();
    if (is_last) co_return;

    settlement_report report;
    if (!co_await settle(batch, report) || !co_await reject_malformed(batch, report)) co_return;
    note_settled(batch);
    listener_.hear(report);
    if (report.deferred > 0) waiting_.orders_deferred();
    co_await consumer_->acknowledge(batch, std::move(report.dead_letters));
  }
}

// Of those that an api has accepted: a stranger may say any time.
void settle_orders::note_settled(const messaging::order_batch& batch) {
  const auto last = std::find_if(batch.orders.rbegin(), batch.orders.rend(),
                                 [this](const auto& order) { return mint_->layout_of(order.id).has_value(); });
  if (last != batch.orders.rend()) last_settled_ = last->accepted_at;
}

// No api of ours has accepted an order without our seal: nobody waits for it, and it would take somebody's tickets.
awaitable<bool> settle_orders::settle(messaging::order_batch& batch, settlement_report& report) {
  if (std::ranges::all_of(batch.orders, [this](accepted_order& order) { return is_ours(order); }))
    co_return co_await settle(std::span(std::as_const(batch.orders)), report);

  const auto unknown = co_await events_of_unknown_secrets(batch.orders);
  if (!unknown) co_return false;
  std::vector<accepted_order> ours;
  for (auto& order : batch.orders) {
    const auto event = unknown->find(order.event_id);
    if (event != unknown->end()) order.id_layout = event->second;
    if (event != unknown->end() || is_ours(order))
      ours.push_back(order);
    else
      report.dead_letters.push_back(messaging::make_dead_letter(order, "the id carries no seal of ours"));
  }
  co_return co_await settle(std::span<const accepted_order>(ours), report);
}

bool settle_orders::is_ours(accepted_order& order) {
  const auto layout = mint_->layout_of(order.id);
  order.id_layout = layout.value_or(order.id_layout);
  return layout.has_value();
}

awaitable<std::optional<settle_orders::layouts_by_event>> settle_orders::events_of_unknown_secrets(
    std::span<const accepted_order> orders) {
  std::set<std::string> named;
  for (const auto& order : orders) named.insert(order.event_id);
  const std::vector<std::string> ids(named.begin(), named.end());
  for (;;) {
    const deadline until = deadline_in(settings_.settler.transaction);
    const auto events = co_await persistence::with_session(
        *database_, until, [&](persistence::session& on) { return on.events().find(ids, until); });
    if (events) {
      layouts_by_event unknown;
      for (const auto& event : *events)
        if (!mint_->knows(event.secret_generation)) unknown.emplace(event.id, event.id_layout);
      if (!unknown.empty() && !std::exchange(has_missed_secret_, true))
        observability::log_warning("secret.missing", {{"event", unknown.begin()->first}});
      co_return unknown;
    }
    if (!co_await wait_out(events.error())) co_return std::nullopt;
  }
}

// False if it was given up: the worker is stopping while the database is away.
awaitable<bool> settle_orders::settle(std::span<const accepted_order> orders, settlement_report& report) {
  std::vector<accepted_order> troubled, others;
  if (waiting_.is_any_in_trouble())
    for (const auto& order : orders) (waiting_.is_in_trouble(order.event_id) ? troubled : others).push_back(order);
  if (troubled.empty()) {
    const bool is_done = co_await settle_together(orders, report);
    co_return is_done;
  }
  for (;;) {
    const auto failure = co_await from_queue_.defer(troubled, report);
    if (!failure) break;
    if (!co_await wait_out(failure)) co_return false;
  }
  note_success();
  const bool is_done = co_await settle_together(std::span<const accepted_order>(others), report);
  co_return is_done;
}

awaitable<bool> settle_orders::settle_together(std::span<const accepted_order> orders, settlement_report& report) {
  while (!orders.empty()) {
    const auto end = co_await from_queue_.settle(orders, report);
    if (end.settled > 0) note_success();
    if (!end.failure) co_return true;
    orders = orders.subspan(end.settled);
    if (persistence::may_be_the_rows(end.failure)) {
      std::set<std::string_view> events;
      for (const auto& order : orders) events.insert(order.event_id);
      if (events.size() > 1) {
        const bool is_done = co_await settle_in_two(orders, std::move(events), report);
        co_return is_done;
      }
      const bool is_deferred = co_await defer_if_it_is_the_event(orders, end, report);
      if (is_deferred) co_return true;
    }
    if (!co_await wait_out(end.failure)) co_return false;
  }
  co_return true;
}

// One event's orders first, in their order, and then the others': what is one event's trouble is found by halving.
awaitable<bool> settle_orders::settle_in_two(std::span<const accepted_order> orders, std::set<std::string_view> events,
                                             settlement_report& report) {
  const auto middle = *std::next(events.begin(), static_cast<std::ptrdiff_t>(events.size() / 2));
  std::vector<accepted_order> some, others;
  for (const auto& order : orders) (order.event_id < middle ? some : others).push_back(order);
  if (!co_await settle_together(std::span<const accepted_order>(some), report)) co_return false;
  const bool is_done = co_await settle_together(std::span<const accepted_order>(others), report);
  co_return is_done;
}

// Of one event. While nothing shows that another one's would be settled, it may be the database's trouble: the queue
// keeps all.
awaitable<bool> settle_orders::defer_if_it_is_the_event(std::span<const accepted_order> orders,
                                                        const settlement_end& end, settlement_report& report) {
  const auto tried = orders.first(end.tried);
  const bool is_the_event = co_await from_queue_.would_settle_elsewhere(tried);
  if (!is_the_event) co_return false;
  const auto failure = co_await from_queue_.defer(orders, report);
  if (failure) co_return false;
  note_success();
  waiting_.note_trouble(orders.front().event_id, end.failure);
  co_return true;
}

// What is ours and cannot be read whole ends in a row, too; what is not stays a dead letter.
awaitable<bool> settle_orders::reject_malformed(messaging::order_batch& batch, settlement_report& report) {
  std::vector<bool> have_ended;
  for (auto& malformed : batch.malformed) {
    const auto layout = malformed.remains ? mint_->layout_of(malformed.remains->id) : std::nullopt;
    have_ended.push_back(layout.has_value());
    if (!layout) continue;
    malformed.remains->id_layout = *layout;
    for (;;) {
      const auto failure = co_await from_queue_.reject(*malformed.remains, malformed.reason, report);
      if (!failure) break;
      if (!co_await wait_out(failure)) co_return false;
    }
    note_success();
  }
  messaging::drop_malformed(batch, have_ended);
  co_return true;
}

// With everything kept in the queue; false if the worker is stopping. An operator hears of it once.
awaitable<bool> settle_orders::wait_out(const error_code& failure) {
  if (is_stopping_) co_return false;
  if (!std::exchange(is_waiting_, true)) {
    metrics_->settlement_waiting.Set(1);
    observability::log_warning("settlement.waits", {{"error", failure.message()}});
  }
  co_await async::pause(executor_, backoff_.next());
  co_return true;
}

void settle_orders::note_success() {
  backoff_.reset();
  if (!std::exchange(is_waiting_, false)) return;
  metrics_->settlement_waiting.Set(0);
  observability::log_info("settlement.goes_on");
}

std::optional<domain::timestamp> settle_orders::settled_up_to(domain::timestamp now) const noexcept {
  if (!consumer_->is_active()) return std::nullopt;
  settlement_marks marks{.last_settled = last_settled_};
  if (const auto drained_at = consumer_->drained_at())
    marks.drained_at = now - std::chrono::ceil<std::chrono::microseconds>(clock_->steady() - *drained_at);
  return orders::settled_up_to(marks, now, settings_.disorder_max);
}

}  // namespace ticketd::orders
