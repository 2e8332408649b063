#include "ticketd/async/clock.hpp"

namespace ticketd::async {
namespace {

class clock_of_machine final : public clock {
 public:
  std::chrono::sys_time<std::chrono::microseconds> now() const noexcept override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point steady_now() const noexcept override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace

const clock& machine_clock() noexcept {
  static const clock_of_machine instance;
  return instance;
}

}  // namespace ticketd::async
