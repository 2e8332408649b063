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
  struct waiter {
    explicit waiter(const asio::any_io_executor& executor) : turn(executor) {}
    async::auto_reset_event turn;
    bool has_slot = false;
  };

  asio::any_io_executor executor_;
  std::size_t free_;
  std::list<waiter*> waiters_;
};

}  // namespace ticketd::http
