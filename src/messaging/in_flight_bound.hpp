// How many orders may be unconfirmed at once: as many as the broker confirms within its time. Additive increase,
// multiplicative decrease: it begins at the ceiling, so that nobody is refused at the opening of a sale because there
// was little to do before.
//
// A plain class with the time injected. Thread: one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace ticketd::messaging {

class in_flight_bound {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit in_flight_bound(std::size_t ceiling) noexcept : ceiling_(ceiling), orders_(ceiling) {}

  [[nodiscard]] std::size_t orders() const noexcept { return orders_; }

  // A message was confirmed after so long, or is not confirmed yet.
  void note(std::chrono::steady_clock::duration confirm_time, time_point now) noexcept {
    if (confirm_time > target &&
        now - shrunk_at_ >= confirm_time) {  // what was in flight at the last cut says nothing new
      orders_ = std::max(orders_ / 2, std::min(floor, ceiling_));
      shrunk_at_ = now;
    } else if (confirm_time < target / 2) {
      orders_ = std::min(ceiling_, orders_ + orders_ / growth + 1);
    }
  }

 private:
  // Longer: more orders wait behind a slow broker, and those that it confirms are answered later.
  static constexpr std::chrono::milliseconds target{500};
  static constexpr std::size_t floor = 100;
  static constexpr std::size_t growth = 16;

  std::size_t ceiling_;
  std::size_t orders_;
  time_point shrunk_at_{};
};

}  // namespace ticketd::messaging
