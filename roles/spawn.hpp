// Runs one of a role's coroutines for as long as the process lives.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace ticketd::roles {

// An exception out of it is a bug: it is logged, and ends the process (the supervisor's restart is the remedy, not a
// process that runs on with one leg).
void spawn(const asio::any_io_executor& executor, awaitable<> work);

}  // namespace ticketd::roles
