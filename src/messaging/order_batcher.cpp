#include "messaging/order_batcher.hpp"

#include <algorithm>
#include <cmath>

namespace ticketd::messaging {

namespace {

// The memory of the rate: long enough to even out the clumps in which an event loop reads its sockets, short enough to
// follow the opening second of a sale.
constexpr double memory_seconds = 0.05;

// How long nobody comes until nobody is expected: so many times the mean time between two, as they come in clumps.
constexpr double pause_arrivals = 4;
constexpr std::chrono::duration<double> pause_least{0.001};

}  // namespace

void order_batcher::add(time_point now) {
  rate_ = orders_per_second(now) + 1 / memory_seconds;
  last_arrival_ = now;
  if (size_++ == 0) opened_at_ = now;
}

double order_batcher::orders_per_second(time_point now) const {
  const std::chrono::duration<double> since = now - last_arrival_;
  return rate_ * std::exp(-since.count() / memory_seconds);
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
  const std::chrono::duration<double> usual{pause_arrivals / rate_};
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::max(pause_least, usual));
}

}  // namespace ticketd::messaging
