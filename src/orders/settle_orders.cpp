#include "ticketd/orders/settle_orders.hpp"

#include "ticketd/observability/log.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <set>
#include <utility>

namespace ticketd::orders {

using domain::order_status;

struct settle_orders::batch_report {
  std::vector<messaging::dead_letter> undecidable;
  std::set<std::string> changed_events;
  bool has_payments_due = false;
};

settle_orders::settle_orders(const asio::any_io_executor& executor, persistence::database& database,
                             messaging::order_consumer& consumer, domain::ticket_printer& printer,
                             settle_settings settings, listener told, observability::metrics& metrics)
    : executor_(executor),
      database_(&database),
      consumer_(&consumer),
      printer_(&printer),
      settings_(settings),
      listener_(std::move(told)),
      metrics_(&metrics),
      backoff_(settings.pauses) {}

awaitable<> settle_orders::run() {
  for (;;) {
    const messaging::order_batch batch = co_await consumer_->next();
    const bool is_last = batch.orders.empty() && batch.malformed.empty();
    if (is_last) co_return;

    batch_report report;
    if (!co_await settle(batch.orders, report)) co_return;
    announce(report);
    co_await consumer_->acknowledge(batch, std::move(report.undecidable));
  }
}

// False if it was given up: the worker is stopping while the database is away.
awaitable<bool> settle_orders::settle(std::span<const domain::accepted_order> orders, batch_report& report) {
  while (!orders.empty()) {
    const auto allocation = co_await attempt(orders);
    if (allocation) {
      backoff_.reset();
      record(orders, *allocation, report);
      co_return true;
    }
    if (persistence::is_transient(allocation.error())) {
      if (is_stopping_) co_return false;
      co_await pause();
      continue;
    }
    if (orders.size() == 1) {
      report.undecidable.push_back(messaging::make_dead_letter(orders[0], allocation.error().message()));
      co_return true;
    }
    const auto half = orders.size() / 2;
    if (!co_await settle(orders.first(half), report)) co_return false;
    orders = orders.subspan(half);
  }
  co_return true;
}

awaitable<result<domain::allocation>> settle_orders::attempt(std::span<const domain::accepted_order> orders) {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  const auto began = std::chrono::steady_clock::now();
  auto allocation = co_await settle_batch((*session)->orders(), *printer_, orders, settings_.rules, until);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  metrics_->settle_seconds.Observe(took.count());
  metrics_->settle_batch_orders.Observe(static_cast<double>(orders.size()));
  co_return allocation;
}

awaitable<> settle_orders::pause() {
  asio::steady_timer timer(executor_);
  timer.expires_after(backoff_.next());
  co_await timer.async_wait(asio::use_awaitable);
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
    report.has_payments_due = report.has_payments_due || decision.status == order_status::reserved;
  }
  for (const auto& [outcome, count] : outcomes)
    metrics_->record_order(to_string(outcome.first), to_string(outcome.second), count);
  for (const auto index : allocation.unknown_categories)
    report.undecidable.push_back(messaging::make_dead_letter(
        orders[index], "no such event or category: " + orders[index].event_id + "/" + orders[index].category_id));
  const auto decided = allocation.decisions.size() + allocation.unknown_categories.size();
  metrics_->orders_repeated.Increment(static_cast<double>(orders.size() - decided));
}

void settle_orders::announce(const batch_report& report) {
  for (const auto& event_id : report.changed_events) listener_.stock_changed(event_id);
  if (report.has_payments_due) listener_.payments_due();
}

}  // namespace ticketd::orders
