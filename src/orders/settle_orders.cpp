#include "ticketd/orders/settle_orders.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ticketd::orders {

using domain::order_status;

using persistence::order_source;

struct settle_orders::batch_report {
  order_source from = order_source::queue;
  std::vector<messaging::dead_letter> dead_letters;
  std::set<std::string> changed_events;
  std::size_t payments_due = 0;
  std::size_t decided = 0;
  std::size_t deferred = 0;
};

settle_orders::settle_orders(const asio::any_io_executor& executor, persistence::database& database,
                             messaging::order_consumer& consumer, domain::order_id_mint& mint,
                             domain::ticket_printer& printer, settle_settings settings, listener told,
                             observability::metrics& metrics)
    : executor_(executor),
      database_(&database),
      consumer_(&consumer),
      mint_(&mint),
      printer_(&printer),
      settings_(settings),
      listener_(std::move(told)),
      metrics_(&metrics),
      backoff_(settings.pauses),
      size_(settings.batch),
      deferred_(executor) {}

awaitable<> settle_orders::run() {
  for (;;) {
    idle_since_ = std::chrono::steady_clock::now();
    messaging::order_batch batch = co_await consumer_->next();
    idle_since_.reset();
    const bool is_last = batch.orders.empty() && batch.malformed.empty();
    if (is_last) co_return;

    batch_report report;
    if (!co_await settle(batch, report) || !co_await reject_malformed(batch, report)) co_return;
    announce(report);
    co_await consumer_->acknowledge(batch, std::move(report.dead_letters));
  }
}

// No api of ours has accepted an order without our seal: nobody waits for it, and it would take somebody's tickets.
awaitable<bool> settle_orders::settle(messaging::order_batch& batch, batch_report& report) {
  const auto is_ours = [this](domain::accepted_order& order) {
    const auto layout = mint_->layout_of(order.id);
    order.id_layout = layout.value_or(order.id_layout);
    return layout.has_value();
  };
  if (std::ranges::all_of(batch.orders, is_ours))
    co_return co_await settle(std::span(std::as_const(batch.orders)), report);

  std::vector<domain::accepted_order> ours;
  for (auto& order : batch.orders) {
    if (is_ours(order))
      ours.push_back(order);
    else
      report.dead_letters.push_back(messaging::make_dead_letter(order, "the id carries no seal of ours"));
  }
  co_return co_await settle(std::span<const domain::accepted_order>(ours), report);
}

// False if it was given up: the worker is stopping while the database is away.
awaitable<bool> settle_orders::settle(std::span<const domain::accepted_order> orders, batch_report& report) {
  constexpr int proofs_needed = 2;
  int proofs = 0;
  while (!orders.empty()) {
    const auto batch = orders.first(size_.of(orders));
    const auto allocation = co_await attempt(batch, report.from);
    if (allocation) {
      proofs = 0;
      record(batch, *allocation, report);
      if (report.from == order_source::queue) last_settled_ = batch.back().accepted_at;
      orders = orders.subspan(batch.size());
      continue;
    }
    const bool are_words_at_fault = co_await settles_without_words(batch, report.from, allocation.error());
    if (!are_words_at_fault) {
      proofs = 0;
      if (!co_await wait_out(allocation.error())) co_return false;
      continue;
    }
    // One of them is at fault. Alone it is known to be this one, if it is so again: it may have been the moment.
    const bool is_alone = batch.size() == 1;
    if (is_alone && ++proofs < proofs_needed) continue;
    const auto half = batch.size() / 2;
    bool is_done = false;
    if (is_alone)
      is_done = co_await reject(batch.front(), allocation.error().message(), report);
    else
      is_done = co_await settle(batch.first(half), report);
    if (!is_done) co_return false;
    orders = orders.subspan(is_alone ? 1 : half);
    proofs = 0;
  }
  co_return true;
}

// Nothing that the domain has let in is an order's fault but what its buyer wrote: all else is the same for everybody, and a
// schema that refuses it has changed.
awaitable<bool> settle_orders::settles_without_words(std::span<const domain::accepted_order> orders, order_source from,
                                                     error_code failure) {
  if (!persistence::may_be_the_values(failure)) co_return false;
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return false;
  const auto rehearsed =
      co_await rehearse_without_words((*session)->orders(), *printer_, orders, from, settings_.rules, until);
  co_return rehearsed.has_value();
}

awaitable<result<domain::allocation>> settle_orders::attempt(std::span<const domain::accepted_order> orders,
                                                             order_source from) {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  const auto began = std::chrono::steady_clock::now();
  auto allocation = co_await settle_batch((*session)->orders(), *printer_, orders, from, settings_.rules, until);
  const auto took = std::chrono::steady_clock::now() - began;
  metrics_->settle_seconds.Observe(std::chrono::duration<double>(took).count());
  metrics_->settle_batch_orders.Observe(static_cast<double>(orders.size()));
  if (allocation) {
    // Of what was written: to pass over orders of an event that somebody holds proves nothing.
    size_.fitted(allocation->decisions.size(), took, settings_.transaction);
    note_success();
  } else if (allocation.error() == persistence::database_errc::statement_timeout) {
    size_.ran_out_of_time(orders.size());
  }
  co_return allocation;
}

// It still ends where its buyer can read it, in his own words or, where the database refuses those, without.
awaitable<bool> settle_orders::reject(domain::accepted_order order, std::string why, batch_report& report) {
  observability::log_error("order.undecidable", {{"order", order.id.to_string()}, {"reason", why}});
  for (;;) {
    const auto rejection = co_await attempt_rejection(order, report.from);
    if (rejection) {
      record({&order, 1}, *rejection, report);
      co_return true;
    }
    if (order.buyer.name != domain::unknown_buyer && persistence::may_be_the_values(rejection.error()))
      order = domain::without_words(std::move(order));
    else if (!co_await wait_out(rejection.error()))
      co_return false;
  }
}

awaitable<result<domain::allocation>> settle_orders::attempt_rejection(const domain::accepted_order& order,
                                                                       order_source from) {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  auto rejection = co_await reject_order((*session)->orders(), order, from, settings_.rules, until);
  if (rejection) note_success();
  co_return rejection;
}

// What is ours and cannot be read whole ends in a row, too; what is not stays a dead letter.
awaitable<bool> settle_orders::reject_malformed(messaging::order_batch& batch, batch_report& report) {
  std::vector<bool> have_ended;
  for (auto& letter : batch.malformed) {
    const auto layout = letter.remains ? mint_->layout_of(letter.remains->id) : std::nullopt;
    have_ended.push_back(layout.has_value());
    if (!layout) continue;
    letter.remains->id_layout = *layout;
    if (!co_await reject(std::move(*letter.remains), letter.reason, report)) co_return false;
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
  const bool is_idle = idle_since_ && std::chrono::steady_clock::now() - *idle_since_ >= settings_.disorder_max;
  const auto last = is_idle ? std::optional(now) : last_settled_;
  if (!last) return std::nullopt;
  return *last - settings_.disorder_max;
}

void settle_orders::record(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                           batch_report& report) {
  std::map<std::pair<order_status, domain::order_reason>, std::size_t> outcomes;
  for (const auto& decision : allocation.decisions) {
    const auto& order = orders[decision.order];
    ++outcomes[{decision.status, decision.reason}];
    if (!order.traceparent.empty())
      observability::log_order("order.settled", order.id.to_string(), order.traceparent,
                               {{"status", to_string(decision.status)}, {"reason", to_string(decision.reason)}});
    if (holds_tickets(decision.status)) report.changed_events.insert(order.event_id);
    if (decision.status == order_status::reserved) ++report.payments_due;
  }
  for (const auto& [outcome, count] : outcomes)
    metrics_->record_order(to_string(outcome.first), to_string(outcome.second), count);
  for (const auto index : allocation.collisions) {
    const auto& order = orders[index];
    observability::log_error("order.id_taken", {{"order", order.id.to_string()}, {"event", order.event_id}});
    report.dead_letters.push_back(messaging::make_dead_letter(order, "the id is another buyer's order"));
  }
  for (const auto index : allocation.deferred) report.changed_events.insert(orders[index].event_id);
  report.decided += allocation.decisions.size();
  report.deferred += allocation.deferred.size();
  const auto decided = allocation.decisions.size() + allocation.collisions.size() + allocation.deferred.size();
  metrics_->orders_repeated.Increment(static_cast<double>(orders.size() - decided));
}

void settle_orders::announce(const batch_report& report) {
  for (const auto& event_id : report.changed_events) listener_.stock_changed(event_id);
  if (report.payments_due > 0) listener_.payments_due(report.payments_due);
  if (report.from == order_source::queue && report.deferred > 0) deferred_.set();
}

awaitable<> settle_orders::run_waiting() {
  while (!is_stopping_) {
    const auto events = co_await waiting_events();
    metrics_->events_waiting.Set(static_cast<double>(events.size()));
    for (const auto& event_id : events) co_await settle_waiting(event_id);
    co_await deferred_.wait_until(deadline_in(events.empty() ? settings_.waiting_poll : settings_.waiting_retry));
  }
}

awaitable<std::vector<std::string>> settle_orders::waiting_events() {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return std::vector<std::string>();
  auto events = co_await (*session)->orders().waiting_events(until);
  if (!events) co_return std::vector<std::string>();
  co_return std::move(*events);
}

// Until none is left, or somebody holds the event.
awaitable<> settle_orders::settle_waiting(const std::string& event_id) {
  for (bool goes_on = true; goes_on && !is_stopping_;) {
    const auto orders = co_await waiting_orders(event_id);
    batch_report report;
    report.from = order_source::waiting_table;
    goes_on = !orders.empty() && co_await settle(std::span(orders), report);
    goes_on = goes_on && report.decided > 0 && report.deferred == 0;
    announce(report);
  }
}

awaitable<std::vector<domain::accepted_order>> settle_orders::waiting_orders(const std::string& event_id) {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return std::vector<domain::accepted_order>();
  auto orders = co_await (*session)->orders().waiting_orders(event_id, settings_.waiting_batch_max, until);
  if (!orders) co_return std::vector<domain::accepted_order>();
  co_return std::move(*orders);
}

}  // namespace ticketd::orders
