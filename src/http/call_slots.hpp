// As many calls at once as there are slots; the rest wait in the order in which they came.
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/auto_reset_event.hpp"

#include <cstddef>
#include <list>

namespace ticketd::http {

class call_slots {
 public:
  call_slots(const asio::any_io_executor& executor, std::size_t count) : executor_(executor), free_(count) {}

  // False if none came free before the deadline. After true, release() must follow.
  [[nodiscard]] awaitable<bool> acquire(deadline until);
  void release();

 private:
  // In the list for as long as it waits, also where its coroutine is destroyed meanwhile.
  struct waiter {
    explicit waiter(call_slots& slots) : turn(slots.executor_), of(slots) { of.waiters_.push_back(this); }
    ~waiter() { of.waiters_.remove(this); }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    async::auto_reset_event turn;
    call_slots& of;
    bool has_slot = false;
  };

  asio::any_io_executor executor_;
  std::size_t free_;
  std::list<waiter*> waiters_;
};

}  // namespace ticketd::http
