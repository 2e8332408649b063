// Waits for what must come about in the end, without saying how fast: the limit only keeps a failing test from hanging.
// Asks often at first and then less, as asking takes time from the servers that are asked about.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace ticketd::test {

template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::seconds within = std::chrono::seconds(60)) {
  const auto until = std::chrono::steady_clock::now() + within;
  std::chrono::milliseconds pause(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(250));
  }
  return true;
}

}  // namespace ticketd::test
