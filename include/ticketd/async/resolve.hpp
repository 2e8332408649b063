// The one way to look up a host's addresses, but for AMQP connections: they have threads of their own, on which rabbitmq-c does
// it (messaging/amqp_connection.cpp).
//
// Thread: the executor's; the look-up itself is Asio's thread's. Nobody owns it: it keeps what it needs until it ends.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace ticketd::async {

// `host` is a name, or an address without brackets, which costs no look-up; `port` a number, or "" for none. Never empty:
// fails with the resolver's error, or asio::error::timed_out. The system's resolver cannot be interrupted: whoever waits
// leaves at the deadline, and the look-up behind it ends when it ends.
[[nodiscard]] awaitable<result<asio::ip::tcp::resolver::results_type>> resolve(const asio::any_io_executor& executor,
                                                                               std::string host, std::string port,
                                                                               deadline until);

}  // namespace ticketd::async
