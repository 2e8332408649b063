// A bell: wakes the coroutine that waits for "something changed", or lets it go on after a while on its own. Rung
// while nobody waits, it is remembered (once).
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/steady_timer.hpp>

namespace ticketd::async {

class signal {
 public:
  explicit signal(const asio::any_io_executor& executor) : timer_(executor) {}

  void ring();
  // Returns when rung, or at the deadline. One waiter at a time.
  [[nodiscard]] awaitable<> wait_until(deadline until);

 private:
  asio::steady_timer timer_;
  bool is_rung_ = false;
};

}  // namespace ticketd::async
