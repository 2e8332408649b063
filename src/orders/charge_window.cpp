#include "ticketd/orders/charge_window.hpp"

#include <algorithm>

namespace ticketd::orders {

using payment::provider_pace;

namespace {

// Answers that are averaged: as many as the window lets through at once, so that a few late ones are lost among them, and so many
// at least.
constexpr std::size_t averaged_min = 16;
// Slow is so many times the least, and by so much at least: below that it is this process that is busy.
constexpr double slow_times = 3;
constexpr std::chrono::milliseconds slow_by{100};
// Half as many charges that are answered no faster than this share of before: it was not their number.
constexpr double no_faster = 0.75;

}  // namespace

charge_window::charge_window(window_settings settings)
    : settings_(settings),
      size_(static_cast<double>(
          std::clamp(settings.first, std::min(settings.floor, settings.ceiling), settings.ceiling))) {}

void charge_window::note(provider_pace pace, time_point began, std::size_t in_flight, time_point now) noexcept {
  const bool is_of_this_window = began >= narrowed_at_;  // else of the crowd that it was narrowed for
  const bool is_in_use = static_cast<double>(in_flight) * 2 >= size_;
  switch (pace) {
    case provider_pace::kept_up:
      if (is_in_use) size_ = std::min(size_ + 1 / size_, static_cast<double>(settings_.ceiling));
      if (is_of_this_window) note_answer(began, is_in_use, now);
      return;
    case provider_pace::too_much:
      if (is_of_this_window) narrow(now);
      return;
    case provider_pace::unsaid:
      return;
  }
}

void charge_window::note_answer(time_point began, bool is_in_use, time_point now) noexcept {
  const std::size_t averaged = std::max(averaged_min, size());
  answers_ = std::min(answers_ + 1, averaged);
  smoothed_ += (latency(now - began) - smoothed_) / static_cast<double>(answers_);
  if (answers_ < averaged) return;
  if (!is_slow()) {
    least_ = std::min(smoothed_, least_.value_or(smoothed_));
    narrowed_for_.reset();
    return;
  }
  if (!is_in_use) return;
  const bool is_its_pace_by_now = narrowed_for_ && smoothed_ > *narrowed_for_ * no_faster;
  if (is_its_pace_by_now) {
    least_ = smoothed_;
    narrowed_for_.reset();
    return;
  }
  narrowed_for_ = smoothed_;
  narrow(now);
}

bool charge_window::is_slow() const noexcept {
  return least_ && smoothed_ > *least_ * slow_times && smoothed_ > *least_ + latency(slow_by);
}

void charge_window::narrow(time_point now) noexcept {
  size_ = std::max(size_ / 2, static_cast<double>(std::min(settings_.floor, settings_.ceiling)));
  narrowed_at_ = now;
  smoothed_ = latency(0);
  answers_ = 0;
}

}  // namespace ticketd::orders
