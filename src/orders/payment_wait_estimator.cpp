#include "ticketd/orders/payment_wait_estimator.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/persistence/payment_claims.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ticketd::orders {

void payment_wait_estimator::note_waiting(persistence::waiting_charges waiting, time_point now) {
  const auto came = std::exchange(reserved_, 0);
  const auto before = std::exchange(waiting_, waiting);
  const auto passed = now - std::exchange(counted_at_, now).value_or(now);
  idle_ = waiting.count == 0 ? idle_ + passed : time_point::duration(0);
  if (idle_ > settings_.forgotten_after) seen_ = time_point::duration(0);
  if (waiting.count == 0 || passed.count() == 0) return;
  // Who left because the wait was over was not charged. Of those who left in time some count as such as well: where the
  // wait is that long nobody is to be taken anyhow.
  const auto charged = std::max<std::int64_t>(0, before.count + came - waiting.count - before.soon_over);
  const std::chrono::duration<double> seconds = passed;
  const double rate = static_cast<double>(charged) / seconds.count();
  const double share =
      seen_.count() == 0 ? 1 : 1 - std::exp(-seconds / std::chrono::duration<double>(settings_.memory));
  seen_ += passed;
  a_second_ += share * (rate - a_second_);
}

std::optional<std::chrono::seconds> payment_wait_estimator::expected_wait() const {
  if (!counted_at_) return std::nullopt;
  if (waiting_.count == 0) return std::chrono::seconds(0);
  if (seen_ < settings_.known_after) return std::nullopt;
  const double longest = static_cast<double>(settings_.wait_max.count());
  const double wait = static_cast<double>(waiting_.count) / std::max(a_second_, 1 / longest);
  return std::chrono::seconds(std::llround(std::min(wait, longest)));
}

awaitable<> payment_wait_estimator::watch(persistence::database& database) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const deadline until = deadline_in(settings_.counting);
    const auto waiting = co_await persistence::with_session(
        database, until, [&](persistence::session& on) { return on.claims().count_waiting(settings_.every, until); });
    if (waiting) note_waiting(*waiting, std::chrono::steady_clock::now());
    co_await async::pause(executor, settings_.every);
  }
}

}  // namespace ticketd::orders
