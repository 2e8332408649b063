// How long to wait before the next try: doubling from `first` to `most`, each wait drawn from its upper half, so that
// a hundred clients of a server that came back do not all connect in the same millisecond.
//
// Thread: its owner's; not shared.
#pragma once

#include <chrono>
#include <random>

namespace ticketd::async {

struct backoff_settings {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds most{5000};
};

// A plain class without a clock, of whoever waits: one thread at a time. Nothing here fails.
class backoff {
 public:
  explicit backoff(backoff_settings settings = {}) : settings_(settings) {}

  [[nodiscard]] std::chrono::milliseconds next();
  void reset() noexcept { tries_ = 0; }

 private:
  backoff_settings settings_;
  int tries_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace ticketd::async
