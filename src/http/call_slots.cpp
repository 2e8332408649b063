#include "http/call_slots.hpp"

namespace ticketd::http {

awaitable<bool> call_slots::acquire(deadline until) {
  if (free_ > 0) {
    --free_;
    co_return true;
  }
  waiter self(*this);
  co_await self.turn.wait_until(until);
  // A slot that was handed over in the moment of the deadline is kept: nobody else would release it.
  co_return self.has_slot;
}

void call_slots::release() {
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  waiter* const next = waiters_.front();
  waiters_.pop_front();
  next->has_slot = true;
  next->turn.set();
}

}  // namespace ticketd::http
