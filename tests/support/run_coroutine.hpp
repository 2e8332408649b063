// Runs a coroutine on a context until it has returned, or for so long that the test has failed.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace ticketd::test {

template <class T>
T run_coroutine(asio::io_context& context, awaitable<T> work,
                std::chrono::seconds patience = std::chrono::seconds(30)) {
  auto done = asio::co_spawn(context, std::move(work), asio::use_future);
  const auto until = deadline_in(patience);
  context.restart();
  while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    if (context.run_one_until(until) == 0) throw std::runtime_error("a coroutine does not return");
  return done.get();
}

}  // namespace ticketd::test
