#include "ticketd/async/auto_reset_event.hpp"

#include <boost/asio/redirect_error.hpp>

namespace ticketd::async {

void auto_reset_event::set() {
  is_set_ = true;
  timer_.cancel();
}

awaitable<> auto_reset_event::wait_until(deadline until) {
  if (!is_set_) {
    timer_.expires_at(until);
    boost::system::error_code ignored;  // cancelled by set(), or expired: both mean "go on"
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  is_set_ = false;
}

}  // namespace ticketd::async
