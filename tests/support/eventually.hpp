// Waits for what must come about in the end, without saying how fast: the limit only keeps a failing test from hanging.
#pragma once

#include <chrono>
#include <thread>

namespace ticketd::test {

template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::seconds within = std::chrono::seconds(60)) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace ticketd::test
