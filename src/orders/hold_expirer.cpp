#include "orders/hold_expirer.hpp"

#include "orders/by_halves.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace ticketd::orders {

hold_expirer::hold_expirer(persistence::database& database, const domain::clock& clock, const charge_settings& settings,
                           listener expired)
    : database_(&database),
      clock_(&clock),
      settings_(settings),
      expired_(std::move(expired)),
      troubled_({settings.event_pauses}) {}

awaitable<> hold_expirer::run() {
  const auto executor = co_await asio::this_coro::executor;
  while (!is_stopping_) {
    // Not within the condition: GCC 12 resumes such a coroutine in the wrong place.
    const std::size_t expired = co_await expire_some();
    if (expired < settings_.holds_batch_max) co_await async::pause(executor, settings_.poll);
  }
}

// How many; 0 where the database is away. One event whose rows the database refuses, or somebody holds, is tried again
// after the others.
awaitable<std::size_t> hold_expirer::expire_some() {
  const auto events = co_await events_with_old_holds();
  std::size_t expired = 0;
  if (events.empty()) co_return expired;
  const halving<std::string> by{
      [&](std::span<const std::string> some) { return expire(some, expired); },
      [this](std::span<const std::string> some, const error_code& error) { note_failure(some, error); }};
  co_await by_halves(std::span(events), by);
  co_return expired;
}

awaitable<std::vector<std::string>> hold_expirer::events_with_old_holds() {
  const deadline until = deadline_in(settings_.transaction);
  const auto pausing = troubled_.pausing(clock_->steady());
  auto events = co_await persistence::with_session(*database_, until, [&](persistence::session& on) {
    return on.payments().events_with_old_holds(settings_.holds_looked_at * settings_.holds_batch_max, pausing, until);
  });
  if (!events) co_return std::vector<std::string>();
  co_return std::move(*events);
}

awaitable<error_code> hold_expirer::expire(std::span<const std::string> events, std::size_t& expired) {
  const deadline until = deadline_in(settings_.transaction);
  const auto decisions = co_await persistence::with_session(*database_, until, [&](persistence::session& on) {
    return expire_old_holds(on.payments(), events, settings_.holds_batch_max, until);
  });
  if (!decisions) co_return decisions.error();
  for (const auto& event_id : events) troubled_.recovered(event_id, clock_->steady());
  expired_(*decisions);
  expired += decisions->size();
  co_return error_code();
}

void hold_expirer::note_failure(std::span<const std::string> events, const error_code& error) {
  if (!persistence::may_be_the_rows(error)) return;
  if (troubled_.failed(events.front(), clock_->steady()))
    observability::log_warning("holds.not_ended", {{"event", events.front()}, {"error", error.message()}});
}

}  // namespace ticketd::orders
