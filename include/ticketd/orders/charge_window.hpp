// How many charges may be under way at once: as many as the provider takes.
//
// Each answer while the window is in use widens it: by one until the provider is seen to mind for the first time, so
// that it doubles with each windowful, and from then on by a little, one for a whole windowful. A provider that asks
// for less (429), that can't be reached, or that does not answer in time, makes it half of what was under way, and so
// do answers that come ever later; but not twice for calls that were under way together (slow start, additive increase,
// multiplicative decrease, as in RFC 5681). An error that comes promptly says nothing about how much it takes.
//
// A plain class with the time injected. Thread: one.
#pragma once

#include "ticketd/payment/gateway.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace ticketd::orders {

struct window_settings {
  std::size_t floor = 4;      // less would not notice that the provider is well again
  std::size_t first = 16;     // to begin with
  std::size_t ceiling = 512;  // more: connections, and a longer wait for the last answer when a worker stops
  // Answers that are averaged: as many as the window lets through at once, within these bounds. More: a late one is
  // lost among them, and the first that were slow are noticed later.
  double averaged_min = 16;
  double averaged_max = 64;
  // Slow is so many times the least, and by so much at least: below that it is this process that is busy. More: a
  // provider that slows down is noticed later.
  double slow_times = 3;
  std::chrono::milliseconds slow_by{100};
  // Half as many charges that are answered no faster than this share of before: it was not their number. More: the
  // window stays narrow for a provider that is slow anyhow.
  double no_faster = 0.75;
};

class charge_window {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit charge_window(window_settings settings);

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }

  // What was heard of a call that began then, when `in_flight` were under way, this one included.
  void note(payment::provider_pace pace, time_point began, std::size_t in_flight, time_point now) noexcept;

 private:
  using latency = std::chrono::duration<double>;

  void widen() noexcept;
  // Half of so many.
  void narrow(double at_once, time_point now) noexcept;
  [[nodiscard]] bool is_slow_by_now(latency took) noexcept;
  void narrow_if_it_helps(double at_once, time_point now) noexcept;

  window_settings settings_;
  double size_;
  double doubles_up_to_;
  time_point narrowed_at_{};

  // Of the answers to what began since the window was narrowed.
  latency smoothed_{0};
  double answers_ = 0;
  std::optional<latency> least_;         // of smoothed_, while answers came as they should
  std::optional<latency> narrowed_for_;  // where that was too much: of the calls that the window was narrowed for
};

}  // namespace ticketd::orders
