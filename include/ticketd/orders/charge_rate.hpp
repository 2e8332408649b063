// How many charges may begin a second, where the provider's contract says so: a token bucket.
//
// A plain class with the time injected. Thread: one.
#pragma once

#include <chrono>
#include <cstddef>

namespace ticketd::orders {

class charge_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // 0: there is no such bound.
  explicit charge_rate(std::size_t a_second) : a_second_(static_cast<double>(a_second)), tokens_(burst()) {}

  // How many may begin now. None rather than a few, so that a claim is shared by many.
  [[nodiscard]] std::size_t available(time_point now) noexcept;
  // When that is more than none.
  [[nodiscard]] time_point next(time_point now) noexcept;
  void take(std::size_t charges) noexcept;

 private:
  [[nodiscard]] double burst() const noexcept;  // a tenth of a second's
  [[nodiscard]] double share() const noexcept;  // half of that: the fewest that are given out at once
  void fill(time_point now) noexcept;

  double a_second_;
  double tokens_;
  time_point filled_at_{};
};

}  // namespace ticketd::orders
