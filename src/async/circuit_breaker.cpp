#include "ticketd/async/circuit_breaker.hpp"

namespace ticketd::async {

bool circuit_breaker::allows(time_point now) noexcept {
  switch (state_) {
    case breaker_state::closed:
      return true;
    case breaker_state::half_open:
      return false;  // the one call that was let through has not ended yet
    case breaker_state::open:
      break;
  }
  if (now - opened_at_ < settings_.open_for) return false;
  state_ = breaker_state::half_open;
  return true;
}

void circuit_breaker::succeeded() noexcept {
  state_ = breaker_state::closed;
  failures_ = 0;
}

void circuit_breaker::failed(time_point now) noexcept {
  if (state_ == breaker_state::open) return;
  ++failures_;
  if (state_ == breaker_state::closed && failures_ < settings_.failures_max) return;
  state_ = breaker_state::open;
  opened_at_ = now;
}

}  // namespace ticketd::async
