// Runs a coroutine of a test to its end on an io_context, or what lies there until something is so. It cannot hang:
// what takes too long fails.
#pragma once

#include "support/catch2.hpp"
#include "ticketd/async/awaitable.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ticketd::test {

inline void run_coroutine(asio::io_context& io, awaitable<> body,
                          std::chrono::steady_clock::duration limit = std::chrono::seconds(30)) {
  struct outcome {
    bool is_done = false;
    std::exception_ptr error;
  };
  const auto of_body = std::make_shared<outcome>();
  asio::co_spawn(io, std::move(body), [of_body](std::exception_ptr error) {
    of_body->is_done = true;
    of_body->error = error;
  });
  const auto end = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!of_body->is_done && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  if (of_body->error) std::rethrow_exception(of_body->error);
  if (!of_body->is_done) FAIL("the coroutine did not end in time");
}

// The same, for what it returns.
template <class T>
T run_coroutine(asio::io_context& io, awaitable<T> body,
                std::chrono::steady_clock::duration limit = std::chrono::seconds(30)) {
  std::optional<T> returned;
  const auto keep = [&]() -> awaitable<> {
    T value = co_await std::move(body);
    returned = std::move(value);
  };
  run_coroutine(io, keep(), limit);
  return std::move(*returned);
}

inline void run_until(asio::io_context& io, const std::function<bool()>& is_so,
                      std::chrono::steady_clock::duration limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_so() && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  REQUIRE(is_so());
}

}  // namespace ticketd::test
