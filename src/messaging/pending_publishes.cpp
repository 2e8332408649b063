#include "messaging/pending_publishes.hpp"

#include "messaging/order_codec.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::messaging {

namespace {

using clock = std::chrono::steady_clock;

publish_outcome as_publish_outcome(delivery_outcome outcome) {
  switch (outcome) {
    case delivery_outcome::taken:
      return publish_outcome::confirmed;
    case delivery_outcome::not_taken:
      return publish_outcome::unavailable;
    case delivery_outcome::refused:
      return publish_outcome::refused;
    case delivery_outcome::unknown:
      return publish_outcome::unknown;
  }
  return publish_outcome::unknown;
}

}  // namespace

awaitable<publish_outcome> pending_publishes::publish(domain::accepted_order order, deadline until) {
  if (const auto refused = refuse(until)) {
    metrics_.orders_unavailable.Increment();
    co_return *refused;
  }
  const auto buyer = join(std::move(order), until);
  co_return co_await buyer->outcome.wait();
}

std::optional<publish_outcome> pending_publishes::refuse(deadline until) {
  const auto now = clock::now();
  if (!is_ready_ || is_closed_) return publish_outcome::unreachable;
  if (!sent_.empty()) bound_.note(now - sent_.begin()->second.sent_at, now);
  if (in_flight_ >= settings_.in_flight_max || is_backed_up() || now >= until) return publish_outcome::unavailable;
  if (in_flight_ >= bound_.orders()) return publish_outcome::overloaded;
  const bool is_allowed = breaker_.allows(now);
  metrics_.broker_breaker_state.Set(static_cast<double>(breaker_.state()));
  if (!is_allowed) return publish_outcome::unreachable;
  return std::nullopt;
}

waiting_order_ptr pending_publishes::join(domain::accepted_order order, deadline until) {
  auto buyer = std::make_shared<waiting_order>();
  buyer->until = until;
  open_.push_back({std::move(order), buyer});
  batcher_.add(clock::now());
  metrics_.in_flight_orders.Set(static_cast<double>(++in_flight_));
  watch_deadline(until);
  send_if_due();
  return buyer;
}

void pending_publishes::send_if_due() {
  if (open_.empty()) return;
  const auto now = clock::now();
  const bool awaits_confirm = !sent_.empty();
  if (batcher_.is_due(now, awaits_confirm))
    send_open_batch();
  else
    arm_batch_timer(batcher_.due_at(now, awaits_confirm));
}

void pending_publishes::send_open_batch() {
  if (watched_deadline_ <= clock::now())
    answer_overdue();  // this process stood still, and its timers go off in any order
  batcher_.close();
  order_encoder encoder;
  sent_batch batch{clock::now(), {}};
  batch.buyers.reserve(open_.size());
  for (auto& [order, buyer] : open_) {
    if (buyer->outcome.has_been_delivered()) continue;  // told "unavailable" already: it must not go out
    encoder.add(order);
    batch.buyers.push_back(std::move(buyer));
  }
  count_out(open_.size() - batch.buyers.size());
  open_.clear();
  if (batch.buyers.empty()) return;
  const auto orders = batch.buyers.size();
  metrics_.publish_batch_orders.Observe(static_cast<double>(orders));
  sent_.emplace(++last_number_, std::move(batch));
  std::string body = encoder.take();
  backlog_.orders += static_cast<std::int64_t>(orders);
  backlog_.bytes += static_cast<std::int64_t>(body.size());
  sink_({last_number_, orders, std::move(body)});
}

void pending_publishes::arm_batch_timer(deadline at) {
  if (at >= batch_timer_at_) return;  // it looks again then
  batch_timer_at_ = at;
  batch_timer_.expires_at(at);
  batch_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->batch_timer_at_ = deadline::max();
    self->send_if_due();  // the rate may have grown since: then it waits for the rest
  });
}

// One timer for all deadlines. It is almost never needed, so it is only moved forward when a deadline is earlier than
// all that are watched, and looks for the next one when it goes off.
void pending_publishes::watch_deadline(deadline until) {
  if (until >= watched_deadline_) return;
  watched_deadline_ = until;
  deadline_timer_.expires_at(until);
  deadline_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->answer_overdue();
  });
}

void pending_publishes::answer_overdue() {
  const auto now = clock::now();
  auto next = deadline::max();
  const auto look_at = [&](waiting_order& buyer, publish_outcome outcome) {
    if (buyer.outcome.has_been_delivered()) return;
    if (buyer.until <= now) {
      answer(buyer, outcome);
      // One that was never sent says nothing of the broker; but it may be the one that was to try.
      if (outcome == publish_outcome::unknown || breaker_.state() == async::breaker_state::half_open)
        note_answer(false);
    } else {
      next = std::min(next, buyer.until);
    }
  };
  for (const auto& one : open_) look_at(*one.buyer, publish_outcome::unavailable);
  for (const auto& [number, batch] : sent_)
    for (const auto& buyer : batch.buyers) look_at(*buyer, publish_outcome::unknown);
  watched_deadline_ = deadline::max();
  if (next != deadline::max()) watch_deadline(next);
}

void pending_publishes::on_notification(const publisher_notification& notification) {
  if (!std::exchange(is_ready_, notification.is_ready) && notification.is_ready)
    note_answer(true);  // another connection
  metrics_.broker_up.Set(is_ready_ ? 1 : 0);
  if (notification.backlog) {
    backlog_ = *notification.backlog;
    heard_at_ = clock::now();
  }
  for (const auto& settled : notification.settled) settle(settled);
  send_if_due();
  if (in_flight_ == 0) emptied_.set();
}

void pending_publishes::settle(const settled_message& settled) {
  const auto found = sent_.find(settled.message);
  if (found == sent_.end()) return;
  const auto batch = std::move(found->second);
  sent_.erase(found);
  count_out(batch.buyers.size());
  if (is_ready_ && settled.outcome != delivery_outcome::unknown) note_answer(true);
  if (settled.outcome == delivery_outcome::taken) {
    const auto now = clock::now();
    metrics_.confirm_seconds.Observe(std::chrono::duration<double>(now - batch.sent_at).count());
    bound_.note(now - batch.sent_at, now);
    confirm_time_ += (now - batch.sent_at - confirm_time_) / 8;
  }
  for (const auto& buyer : batch.buyers) answer(*buyer, as_publish_outcome(settled.outcome));
}

std::optional<queue_backlog> pending_publishes::backlog() const noexcept {
  const auto fresh_for = 3 * settings_.broker.limits.depth_every;  // it was asked again, and again, meanwhile
  if (!is_ready_ || clock::now() - heard_at_ >= fresh_for) return std::nullopt;
  return backlog_;
}

bool pending_publishes::is_backed_up() const noexcept {
  return backlog_.orders >= settings_.backlog_max.orders || backlog_.bytes >= settings_.backlog_max.bytes;
}

void pending_publishes::answer(waiting_order& buyer, publish_outcome outcome) {
  if (!buyer.outcome.deliver(outcome)) return;
  switch (outcome) {
    case publish_outcome::confirmed:
      return metrics_.orders_published.Increment();
    case publish_outcome::unreachable:
    case publish_outcome::overloaded:
    case publish_outcome::unavailable:
    case publish_outcome::refused:
      return metrics_.orders_unavailable.Increment();
    case publish_outcome::unknown:
      return metrics_.orders_unknown.Increment();
  }
}

void pending_publishes::count_out(std::size_t orders) {
  in_flight_ -= orders;
  metrics_.in_flight_orders.Set(static_cast<double>(in_flight_));
}

// A broker that hangs keeps its connection until the heartbeats give it up: what counts is that confirms come.
void pending_publishes::note_answer(bool came) {
  const auto before = breaker_.state();
  if (came)
    breaker_.succeeded();
  else
    breaker_.failed(clock::now());
  const auto after = breaker_.state();
  metrics_.broker_breaker_state.Set(static_cast<double>(after));
  if (after == async::breaker_state::open && before == async::breaker_state::closed)
    observability::log_warning("broker.hangs");
  else if (after == async::breaker_state::closed && before != after)
    observability::log_info("broker.answers");
}

awaitable<> pending_publishes::drain(deadline until) {
  const auto self = shared_from_this();  // the publisher may go away while we wait
  is_closed_ = true;
  send_open_batch();
  while (in_flight_ > 0 && clock::now() < until) co_await emptied_.wait_until(until);
}

void pending_publishes::close() {
  is_closed_ = true;
  is_ready_ = false;
  for (const auto& one : open_) answer(*one.buyer, publish_outcome::unreachable);
  count_out(open_.size());
  open_.clear();
  while (!sent_.empty()) settle({sent_.begin()->first, delivery_outcome::unknown});
  batch_timer_.cancel();
  deadline_timer_.cancel();
  emptied_.set();
}

}  // namespace ticketd::messaging
