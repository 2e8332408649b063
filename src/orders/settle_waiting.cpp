#include "ticketd/orders/settle_waiting.hpp"

#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/waiting_order_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <utility>

namespace ticketd::orders {

using domain::accepted_order;

settle_waiting::settle_waiting(const asio::any_io_executor& executor, persistence::database& database,
                               const domain::clock& clock, domain::ticket_printer& printer, settler_settings settler,
                               waiting_settings settings, settlement_listener told, observability::metrics& metrics)
    : executor_(executor),
      database_(&database),
      clock_(&clock),
      printer_(&printer),
      settler_(settler),
      settings_(settings),
      listener_(std::move(told)),
      metrics_(&metrics),
      troubled_({settings.pauses}),
      deferred_(executor) {}

awaitable<> settle_waiting::run() {
  while (!is_stopping_) {
    const auto waiting = co_await events();
    metrics_->events_waiting.Set(static_cast<double>(waiting.size()));
    for (const auto& event_id : waiting) {
      const bool is_to_wait =
          troubled_.is_pausing(event_id, clock_->steady()) || in_hand_.size() >= settings_.events_max;
      if (is_to_wait || !in_hand_.insert(event_id).second) continue;
      async::spawn(executor_, "waiting.settle_event", settle(event_id));
    }
    co_await deferred_.wait_until(deadline_in(waiting.empty() ? settings_.poll : settings_.retry));
  }
}

awaitable<std::vector<std::string>> settle_waiting::events() {
  const deadline until = deadline_in(settler_.transaction);
  auto found = co_await persistence::with_session(
      *database_, until, [&](persistence::session& on) { return on.waiting_orders().events(until); });
  if (!found) co_return std::vector<std::string>();
  co_return std::move(*found);
}

// Until none is left, or somebody holds the event, or the database does not take them: then one alone is tried next.
awaitable<> settle_waiting::settle(std::string event_id) {
  order_settler settler(*database_, *printer_, domain::order_source::waiting_table, settler_, *metrics_);
  for (bool goes_on = true; goes_on && !is_stopping_;) {
    const std::size_t most = troubled_.contains(event_id) ? 1 : settings_.batch_max;
    const auto orders = co_await orders_of(event_id, most);
    settlement_report report;
    const auto end = co_await settler.settle(orders, report);
    listener_.hear(report);
    if (end.failure)
      note_trouble(event_id, end.failure);
    else if (report.decided > 0)
      note_recovery(event_id);
    goes_on = !end.failure && report.decided > 0 && report.deferred == 0;
  }
  in_hand_.erase(event_id);
}

awaitable<std::vector<accepted_order>> settle_waiting::orders_of(const std::string& event_id, std::size_t most) {
  const deadline until = deadline_in(settler_.transaction);
  auto orders = co_await persistence::with_session(*database_, until, [&](persistence::session& on) {
    return on.waiting_orders().orders_of(event_id, most, until);
  });
  if (!orders) co_return std::vector<accepted_order>();
  co_return std::move(*orders);
}

void settle_waiting::note_trouble(const std::string& event_id, const error_code& failure) {
  const auto now = clock_->steady();
  const bool is_slow = failure == persistence::database_errc::statement_timeout;
  if (is_slow ? troubled_.was_slow(event_id, now) : troubled_.failed(event_id, now))
    observability::log_warning("event.waits", {{"event", event_id}, {"error", failure.message()}});
}

void settle_waiting::note_recovery(const std::string& event_id) {
  if (troubled_.recovered(event_id, clock_->steady())) observability::log_info("event.goes_on", {{"event", event_id}});
}

}  // namespace ticketd::orders
