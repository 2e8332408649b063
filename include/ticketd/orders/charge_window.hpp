// How many charges may be under way at once: as many as the provider takes.
//
// Each that succeeds while the window is in use widens it a little, one for a whole window of them; each refusal for haste
// (429), and each that got no answer in time, halves it, but not twice for calls that began together (additive
// increase, multiplicative decrease, as in RFC 5681).
//
// A plain class with the time injected. Thread: one.
#pragma once

#include "ticketd/domain/payment.hpp"

#include <chrono>
#include <cstddef>

namespace ticketd::orders {

struct window_settings {
  std::size_t floor = 4;      // less would not notice that the provider is well again
  std::size_t first = 64;     // to begin with
  std::size_t ceiling = 512;  // more: connections, and a longer wait for the last answer when a worker stops
};

class charge_window {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit charge_window(window_settings settings);

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }

  // What came of a charge that began then, when `in_flight` were under way, this one included.
  void note(domain::payment_result result, time_point began, std::size_t in_flight, time_point now) noexcept;

 private:
  window_settings settings_;
  double size_;
  time_point narrowed_at_{};
};

}  // namespace ticketd::orders
