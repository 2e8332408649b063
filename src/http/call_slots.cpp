#include "http/call_slots.hpp"

namespace ticketd::http {

awaitable<bool> call_slots::acquire(deadline until) {
  if (free_ > 0) {
    --free_;
    co_return true;
  }
  waiter self(executor_);
  const auto place = waiters_.insert(waiters_.end(), &self);
  co_await self.turn.wait_until(until);
  // A slot that was handed over in the moment of the deadline is kept: nobody else would release it.
  if (!self.has_slot) waiters_.erase(place);
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
