// Wakes the coroutine that waits for "something changed", or lets it go on after a while on its own. Set while nobody
// waits, it is remembered (once); who waits for it resets it.
//
// Thread: the executor's. Whose it is keeps it until nobody waits on it any more. Nothing here fails.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/steady_timer.hpp>

namespace ticketd::async {

class auto_reset_event {
 public:
  explicit auto_reset_event(const asio::any_io_executor& executor) : timer_(executor) {}

  void set();
  // Returns when set, or at the deadline. One waiter at a time.
  [[nodiscard]] awaitable<> wait_until(deadline until);

 private:
  asio::steady_timer timer_;
  bool is_set_ = false;
};

}  // namespace ticketd::async
