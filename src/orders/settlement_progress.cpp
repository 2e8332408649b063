#include "ticketd/orders/settlement_progress.hpp"

#include "orders/progress_codec.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/result.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace ticketd::orders {

std::optional<domain::timestamp> settled_up_to(const settlement_marks& marks, domain::timestamp now,
                                               std::chrono::milliseconds disorder_max) noexcept {
  std::optional<domain::timestamp> up_to;
  if (marks.last_settled && *marks.last_settled <= now) up_to = marks.last_settled;
  if (marks.drained_at) up_to = std::max(up_to.value_or(*marks.drained_at), *marks.drained_at);
  if (!up_to) return std::nullopt;
  return *up_to - disorder_max;
}

awaitable<> progress_publisher::run() {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    co_await publish();
    co_await async::pause(executor, settings_.every);
  }
}

awaitable<> progress_publisher::publish() {
  const auto settled_up_to = from_.settled_up_to();
  if (!settled_up_to) co_return;
  const settlement_progress progress{clock_->now(), settled_up_to, from_.payment_wait()};
  const std::string value = encode_progress(progress);
  co_await cache_->put(progress_key, progress.as_of.time_since_epoch().count(), value, deadline_in(settings_.every));
}

awaitable<> progress_reader::run() {
  const auto executor = co_await asio::this_coro::executor;
  while (cache_ != nullptr) {
    co_await refresh(deadline_in(settings_.every));
    co_await async::pause(executor, settings_.every);
  }
}

awaitable<> progress_reader::refresh(deadline until) {
  const cache::lookup found = co_await cache_->get(progress_key, until);
  if (found.status == cache::lookup_status::down) co_return;  // what was read last grows old
  last_ = decode_progress(found.value).value_or(settlement_progress{});
}

awaitable<bool> progress_reader::has_settled(domain::timestamp at, deadline until) {
  until = std::min(until, deadline_in(settings_.wait_max));
  for (;;) {
    if (!is_fresh()) co_return false;
    if (last_.settled_up_to >= at) co_return true;
    const bool is_far_behind = at - *last_.settled_up_to > settings_.wait_max;
    if (is_far_behind || std::chrono::steady_clock::now() + time_to_look() + settings_.every_waiting >= until)
      co_return false;
    ++waiting_;
    co_await next_look();
    --waiting_;
  }
}

std::chrono::milliseconds progress_reader::time_to_look() const noexcept {
  return waiting_ < settings_.many ? settings_.every_waiting : settings_.every_of_many;
}

// All who wait go on together, so that what they ask next they ask in one statement.
awaitable<> progress_reader::next_look() {
  const auto executor = co_await asio::this_coro::executor;
  if (const auto others = looking_) {
    error_code ignored;  // cancelled: that is how the one who looks tells
    co_await others->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return;
  }
  const auto told = std::make_shared<asio::steady_timer>(executor, deadline::max());
  looking_ = told;
  co_await async::pause(executor, time_to_look());
  co_await refresh(deadline_in(settings_.every_waiting));
  looking_.reset();
  told->cancel();
}

std::optional<std::chrono::seconds> progress_reader::payment_wait() const {
  return is_fresh() ? last_.payment_wait : std::nullopt;
}

std::optional<std::chrono::seconds> progress_reader::lag() const {
  if (!is_fresh()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(clock_->now() - *last_.settled_up_to);
}

// Not where the worker says that it was later than it is now, nor that more was settled than had been accepted by then.
bool progress_reader::is_fresh() const {
  const auto now = clock_->now();
  return last_.settled_up_to && *last_.settled_up_to <= last_.as_of && now - last_.as_of < settings_.fresh_for &&
         last_.as_of - now < settings_.fresh_for;
}

}  // namespace ticketd::orders
