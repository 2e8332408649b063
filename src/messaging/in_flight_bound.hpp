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

struct in_flight_settings {
  std::size_t ceiling = 20'000;  // orders, at most. More: memory
  // At least, or the ceiling where that is less. More: longer waits behind a slow broker; less: one that is well again
  // is noticed late.
  std::size_t floor = 100;
  // For how long a confirm may take. Longer: more orders wait behind a slow broker, and those that it confirms are
  // answered later.
  std::chrono::milliseconds confirm_max{500};
  std::size_t growth = 16;  // a confirm that is quick raises the bound by this part of it. More: it grows back slower
};

class in_flight_bound {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit in_flight_bound(in_flight_settings settings) noexcept : settings_(settings), orders_(settings.ceiling) {}

  [[nodiscard]] std::size_t orders() const noexcept { return orders_; }

  // A message was confirmed after so long, or is not confirmed yet.
  void note(std::chrono::steady_clock::duration confirm_time, time_point now) noexcept {
    const auto& [ceiling, floor, confirm_max, growth] = settings_;
    if (confirm_time > confirm_max &&
        now - shrunk_at_ >= confirm_time) {  // what was in flight at the last cut says nothing new
      orders_ = std::max(orders_ / 2, std::min(floor, ceiling));
      shrunk_at_ = now;
    } else if (confirm_time < confirm_max / 2) {
      orders_ = std::min(ceiling, orders_ + orders_ / growth + 1);
    }
  }

 private:
  in_flight_settings settings_;
  std::size_t orders_;
  time_point shrunk_at_{};
};

}  // namespace ticketd::messaging
