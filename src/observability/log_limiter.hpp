// How many lines of a kind are written a second: what a stranger can bring about a thousand times a second is not told
// a thousand times.
//
// Pure: time is given. Thread: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::observability {

class log_limiter {
 public:
  // More: a larger log where somebody makes noise; fewer: less to see of what goes wrong for many at once.
  static constexpr std::uint64_t lines_a_second_max = 50;

  // Whether a line of this kind is written: then, how many of its kind were left out before it. Kinds are the names of
  // our own code, so there are few.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view kind, std::chrono::steady_clock::time_point now);

 private:
  struct count {
    std::chrono::steady_clock::time_point began;  // the second that is counted
    std::uint64_t written = 0;                    // in it
    std::uint64_t left_out = 0;                   // since the last that was written
  };

  std::map<std::string, count, std::less<>> kinds_;
};

}  // namespace ticketd::observability
