// The one way to look up a host's addresses, for coroutines and for threads that may block.
//
// The system's resolver cannot be interrupted: whoever waits leaves at the deadline, and the look-up behind it ends
// when it ends, on a thread of its own. Nobody owns it, and nobody waits for it: neither another name, nor the end of
// the process. At most 32 are under way; beyond that a name is refused at once.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace ticketd::async {

// `host` is a name, or an address without brackets, which costs no look-up; `port` a number, or "" for none. Never
// empty: fails with the resolver's error, asio::error::timed_out, or host_not_found_try_again (too many are under way).
// Thread: the executor's.
[[nodiscard]] awaitable<result<asio::ip::tcp::resolver::results_type>> resolve(const asio::any_io_executor& executor,
                                                                               std::string host, std::string port,
                                                                               deadline until);

// The same on this thread, which it blocks.
[[nodiscard]] result<asio::ip::tcp::resolver::results_type> resolve_blocking(const std::string& host,
                                                                             const std::string& port, deadline until);

}  // namespace ticketd::async
