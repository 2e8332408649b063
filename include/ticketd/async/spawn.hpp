// The one way to run a coroutine on its own, beside whoever starts it.
//
// An exception out of it is a bug. It is thrown out of the context's run() with the coroutine's name before its text,
// and ends the process there: nothing is swallowed, and no process goes on without a part of itself. A coroutine that
// may fail and must not take the process with it (one connection of many) catches inside, and says so.
//
// Thread: any; the coroutine runs on the executor's, and is its own until it ends, or the context is destroyed.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <string_view>

namespace ticketd::async {

// `name` is what it does, as "orders.charge"; it lives as long as the program.
void spawn(const asio::any_io_executor& executor, std::string_view name, awaitable<> work);

// The same for a function object, which lives until its coroutine has ended: what it holds, the coroutine may use.
void spawn(const asio::any_io_executor& executor, std::string_view name, std::function<awaitable<>()> work);

}  // namespace ticketd::async
