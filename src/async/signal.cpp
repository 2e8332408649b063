#include "ticketd/async/signal.hpp"

#include <boost/asio/redirect_error.hpp>

namespace ticketd::async {

void signal::ring() {
  is_rung_ = true;
  timer_.cancel();
}

awaitable<> signal::wait_until(deadline until) {
  if (!is_rung_) {
    timer_.expires_at(until);
    boost::system::error_code ignored;  // cancelled by ring(), or expired: both mean "go on"
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  is_rung_ = false;
}

}  // namespace ticketd::async
