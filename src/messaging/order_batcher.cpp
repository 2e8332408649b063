#include "messaging/order_batcher.hpp"

#include <algorithm>
#include <cmath>

namespace ticketd::messaging {

void order_batcher::add(time_point now) {
  rate_ = orders_per_second(now) + 1 / memory_seconds_;
  last_arrival_ = now;
  if (size_++ == 0) opened_at_ = now;
}

double order_batcher::orders_per_second(time_point now) const {
  const std::chrono::duration<double> since = now - last_arrival_;
  return rate_ * std::exp(-since.count() / memory_seconds_);
}

std::chrono::steady_clock::duration order_batcher::wait(time_point now) const {
  const auto rate = orders_per_second(now);
  if (rate <= settings_.idle_rate) return {};
  const std::chrono::duration<double> wait_max = settings_.wait_max;
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(wait_max *
                                                                         std::min(1.0, rate / settings_.full_rate));
}

bool order_batcher::is_due(time_point now, bool awaits_confirm) const {
  if (size_ == 0) return false;
  return size_ >= settings_.batch_max || now >= due_at(now, awaits_confirm);
}

order_batcher::time_point order_batcher::due_at(time_point now, bool awaits_confirm) const {
  if (awaits_confirm) return opened_at_ + settings_.wait_max;
  return std::min(opened_at_ + wait(now), last_arrival_ + pause());
}

std::chrono::steady_clock::duration order_batcher::pause() const {
  const std::chrono::duration<double> usual{settings_.pause_arrivals / rate_};
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::max<std::chrono::duration<double>>(settings_.pause_least, usual));
}

}  // namespace ticketd::messaging
