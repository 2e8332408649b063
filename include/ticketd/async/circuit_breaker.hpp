// Stops asking a server that does not answer: after `failures_max` failures in a row it is open, and every call is
// refused at once; after a while one call is let through to try, and its outcome closes it or opens it again.
//
// A plain class, its time handed in, of whoever asks the server. One thread at a time. Nothing here fails.
#pragma once

#include <chrono>

namespace ticketd::async {

struct breaker_settings {
  int failures_max = 3;                     // in a row. More: more callers wait in vain before one is refused at once
  std::chrono::milliseconds open_for{500};  // longer: a server that came back is noticed later
};

enum class breaker_state { closed = 0, half_open = 1, open = 2 };  // the numbers that the metrics show

class circuit_breaker {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit circuit_breaker(breaker_settings settings = {}) noexcept : settings_(settings) {}

  // Whether a call may be made now. A true answer must be followed by succeeded() or failed().
  [[nodiscard]] bool allows(time_point now) noexcept;
  void succeeded() noexcept;
  void failed(time_point now) noexcept;
  [[nodiscard]] breaker_state state() const noexcept { return state_; }

 private:
  breaker_settings settings_;
  breaker_state state_ = breaker_state::closed;
  int failures_ = 0;
  time_point opened_at_{};
};

}  // namespace ticketd::async
