#include "orders/outcome_recorder.hpp"

#include "orders/by_halves.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/locks.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace ticketd::orders {

using domain::payment_outcome;

bool are_to_be_given_up(std::span<const unwritten_outcome> unwritten, std::size_t batch,
                        std::chrono::steady_clock::duration in_hand, std::chrono::milliseconds most) {
  const bool are_refused =
      std::ranges::all_of(unwritten, [](const auto& each) { return persistence::may_be_the_rows(each.why); });
  return are_refused && (unwritten.size() < batch || in_hand >= most);
}

outcome_recorder::outcome_recorder(const asio::any_io_executor& executor, persistence::database& database,
                                   domain::ticket_printer& printer, const charge_settings& settings, listener told)
    : executor_(executor),
      database_(&database),
      printer_(&printer),
      settings_(settings),
      told_(std::move(told)),
      has_outcome_(executor),
      postponed_(settings.postponed_max) {}

void outcome_recorder::take(payment_outcome outcome) {
  outcomes_.push_back(std::move(outcome));
  has_outcome_.set();
}

// Outcomes that come in while a transaction runs share the next one.
awaitable<> outcome_recorder::run() {
  for (;;) {
    co_await has_outcome_.wait_until(deadline::max());
    auto batch = std::exchange(outcomes_, {});
    co_await record_until_over(std::move(batch));
  }
}

awaitable<> outcome_recorder::record_until_over(outcomes batch) {
  const auto began = std::chrono::steady_clock::now();
  while (!batch.empty()) {
    const auto unwritten = co_await record_by_halves(batch, true);
    if (unwritten.empty()) co_return;
    const auto in_hand = std::chrono::steady_clock::now() - began;
    if (are_to_be_given_up(unwritten, batch.size(), in_hand, settings_.refused_most)) {
      give_up(unwritten);
      co_return;
    }
    batch.clear();
    for (const auto& each : unwritten) batch.push_back(each.outcome);
    co_await async::pause(executor_, settings_.database_pause);
    batch.insert(batch.end(), outcomes_.begin(), outcomes_.end());
    outcomes_.clear();
  }
}

// What the database does not take together it may take apart: of one order or event it may refuse everything.
awaitable<std::vector<unwritten_outcome>> outcome_recorder::record_by_halves(std::span<const payment_outcome> batch,
                                                                             bool are_new) {
  std::vector<unwritten_outcome> unwritten;
  const halving<payment_outcome> by{[&](std::span<const payment_outcome> some) -> awaitable<error_code> {
                                      const error_code error = co_await record(some);
                                      if (!error && are_new) told_.over(some);
                                      co_return error;
                                    },
                                    [&](std::span<const payment_outcome> some, const error_code& error) {
                                      for (const auto& outcome : some) unwritten.push_back({outcome, error});
                                    }};
  co_await by_halves(batch, by);
  co_return unwritten;
}

awaitable<error_code> outcome_recorder::record(std::span<const payment_outcome> batch) {
  const deadline until = deadline_in(settings_.transaction);
  const auto recorded = co_await persistence::with_session(*database_, until, [&](persistence::session& on) {
    return record_outcomes(on.payments(), *printer_, batch, persistence::lock_wait::brief, until);
  });
  if (!recorded) co_return recorded.error();
  told_.decided(recorded->decisions);
  const std::set<domain::order_id> passed_over(recorded->passed_over.begin(), recorded->passed_over.end());
  for (const auto& outcome : batch)
    if (passed_over.contains(outcome.order)) postponed_.add(outcome);
  co_return error_code();
}

// Their leases run out, and the provider is asked again.
void outcome_recorder::give_up(std::span<const unwritten_outcome> refused) {
  outcomes over;
  for (const auto& [outcome, why] : refused) {
    observability::log_error("payment.not_recorded", {{"order", outcome.order.to_string()}, {"error", why.message()}});
    postponed_.add(outcome);
    over.push_back(outcome);
  }
  told_.over(over);
}

awaitable<> outcome_recorder::run_postponed() {
  for (;;) {
    co_await async::pause(executor_, settings_.postponed_retry);
    const auto again = postponed_.begin_writing();
    std::vector<unwritten_outcome> unwritten;
    if (!again.empty()) unwritten = co_await record_by_halves(again, false);
    for (const auto& each : unwritten) postponed_.add(each.outcome);
    postponed_.end_writing();
  }
}

}  // namespace ticketd::orders
