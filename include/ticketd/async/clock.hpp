// The two clocks by which the story decides, injected so that a test can say what time it is. How long something sleeps
// is Asio's timers' business; what is decided when it wakes is decided by these.
#pragma once

#include <chrono>

namespace ticketd::async {

// Thread: any.
class clock {
 public:
  virtual ~clock() = default;

  // UTC, in PostgreSQL's resolution (domain::timestamp): of acceptance, sale windows and the age of a reading.
  [[nodiscard]] virtual std::chrono::sys_time<std::chrono::microseconds> now() const noexcept = 0;

  // Never set back: of deadlines, and the age of a copy in memory.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const noexcept = 0;
};

// The machine's own. Lives as long as the program.
[[nodiscard]] const clock& machine_clock() noexcept;

}  // namespace ticketd::async
