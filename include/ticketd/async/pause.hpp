// To wait for a while, and for nothing else. What may have to be woken before, waits on an auto_reset_event.
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace ticketd::async {

[[nodiscard]] inline awaitable<> pause(asio::any_io_executor executor, std::chrono::steady_clock::duration span) {
  asio::steady_timer timer(executor, span);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace ticketd::async
