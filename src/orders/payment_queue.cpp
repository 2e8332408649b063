#include "ticketd/orders/payment_queue.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/persistence/payment_store.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ticketd::orders {

void payment_queue::note_waiting(std::int64_t orders, time_point now) {
  const auto came = std::exchange(reserved_, 0);
  const auto left = std::max<std::int64_t>(0, std::exchange(waiting_, orders) + came - orders);
  const auto before = std::exchange(counted_at_, now);
  if (orders == 0 || !before) {
    waits_since_.reset();
    return;
  }
  const std::chrono::duration<double> passed = now - *before;
  const double rate = static_cast<double>(left) / std::max(passed.count(), 0.001);
  const double share = waits_since_ ? 1 - std::exp(-passed / std::chrono::duration<double>(memory)) : 1;
  if (!waits_since_) waits_since_ = *before;
  a_second_ += share * (rate - a_second_);
}

std::optional<std::chrono::seconds> payment_queue::expected_wait() const {
  if (!counted_at_) return std::nullopt;
  if (waiting_ == 0) return std::chrono::seconds(0);
  if (!waits_since_ || *counted_at_ - *waits_since_ < known_after) return std::nullopt;
  const double longest = static_cast<double>(wait_max.count());
  const double wait = static_cast<double>(waiting_) / std::max(a_second_, 1 / longest);
  return std::chrono::seconds(std::llround(std::min(wait, longest)));
}

awaitable<> payment_queue::watch(persistence::database& database) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const deadline until = deadline_in(counting);
    auto session = co_await database.acquire(until);
    if (session) {
      const auto waiting = co_await (*session)->payments().count_waiting(until);
      if (waiting) note_waiting(*waiting, std::chrono::steady_clock::now());
      session->reset();
    }
    co_await async::pause(executor, every);
  }
}

}  // namespace ticketd::orders
