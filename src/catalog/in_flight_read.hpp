// A reading that is under way, and those who wait for it: however many ask meanwhile, one question goes out.
//
// Knows nothing of where is read. Thread: one; each waiter shares what it waits in.
#pragma once

#include "ticketd/async/one_shot.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace ticketd::catalog {

template <class T>
class in_flight_read {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using waiter = std::shared_ptr<async::one_shot<T>>;

  // Hears what the reading finds that is under way, or about to be. Before begin(), which may end at once.
  [[nodiscard]] waiter join() { return waiters_.emplace_back(std::make_shared<async::one_shot<T>>()); }

  // True for the first: it is for the caller to start the reading, and to end it with finish(). `now` is of the clock
  // that deadlines go by.
  [[nodiscard]] bool begin(time_point now) noexcept {
    if (!is_under_way_) began_at_ = now;
    return !std::exchange(is_under_way_, true);
  }

  // Of the reading that is under way.
  [[nodiscard]] time_point began_at() const noexcept { return began_at_; }

  // Who asks from now on starts another.
  void finish(const T& found) {
    is_under_way_ = false;
    for (const auto& each : std::exchange(waiters_, {})) each->deliver(found);
  }

 private:
  bool is_under_way_ = false;
  time_point began_at_{};
  std::vector<waiter> waiters_;
};

}  // namespace ticketd::catalog
