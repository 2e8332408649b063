#include "ticketd/orders/charge_window.hpp"

#include <algorithm>

namespace ticketd::orders {

using payment::provider_pace;

charge_window::charge_window(window_settings settings)
    : settings_(settings),
      size_(static_cast<double>(
          std::clamp(settings.first, std::min(settings.floor, settings.ceiling), settings.ceiling))),
      doubles_up_to_(static_cast<double>(settings.ceiling)) {}

void charge_window::note(provider_pace pace, time_point began, std::size_t in_flight, time_point now) noexcept {
  const bool is_of_this_window = began >= narrowed_at_;  // else of those that it was narrowed for
  const bool is_in_use = static_cast<double>(in_flight) * 2 >= size_;
  const double at_once = is_in_use ? std::min(static_cast<double>(in_flight), size_) : size_;
  switch (pace) {
    case provider_pace::kept_up:
      if (!is_of_this_window) {
        if (narrowed_for_) *narrowed_for_ += (latency(now - began) - *narrowed_for_) / settings_.averaged_max;
        return;
      }
      if (is_in_use) widen();
      if (is_slow_by_now(now - began) && is_in_use) narrow_if_it_helps(at_once, now);
      return;
    case provider_pace::too_much:
      if (is_of_this_window) narrow(at_once, now);
      return;
    case provider_pace::unsaid:
      return;
  }
}

bool charge_window::is_slow_by_now(latency took) noexcept {
  const double averaged = std::clamp(size_, settings_.averaged_min, settings_.averaged_max);
  answers_ = std::min(answers_ + 1, averaged);
  smoothed_ += (took - smoothed_) / answers_;
  if (answers_ < averaged) return false;
  if (least_ && smoothed_ > *least_ * settings_.slow_times && smoothed_ > *least_ + latency(settings_.slow_by))
    return true;
  least_ = std::min(smoothed_, least_.value_or(smoothed_));
  narrowed_for_.reset();
  return false;
}

void charge_window::narrow_if_it_helps(double at_once, time_point now) noexcept {
  const bool has_not_helped = narrowed_for_ && smoothed_ > *narrowed_for_ * settings_.no_faster;
  if (has_not_helped) {
    least_ = smoothed_;  // that is how long it takes by now, however many there are
    return;
  }
  const latency slow = smoothed_;
  narrow(at_once, now);
  narrowed_for_ = slow;
}

void charge_window::widen() noexcept {
  const double by = size_ < doubles_up_to_ ? 1 : 1 / size_;
  size_ = std::min(size_ + by, static_cast<double>(settings_.ceiling));
}

void charge_window::narrow(double at_once, time_point now) noexcept {
  size_ = std::max(at_once / 2, static_cast<double>(std::min(settings_.floor, settings_.ceiling)));
  doubles_up_to_ = size_;
  narrowed_at_ = now;
  smoothed_ = latency(0);
  answers_ = 0;
  narrowed_for_.reset();
}

}  // namespace ticketd::orders
