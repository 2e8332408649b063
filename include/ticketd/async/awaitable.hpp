// The few names of Asio that every signature uses. Names, and a pure function. Thread: any.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace ticketd {

namespace asio = boost::asio;

template <class T = void>
using awaitable = asio::awaitable<T>;

// A point in time, made once and handed down as the last parameter of every I/O call: for a request at the edge
// (roles/api/time_budgets), for what runs in the background, or serves many requests at once, by its own loop, from a
// span in its settings. Below that it may be cut short, never put off.
using deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] inline deadline deadline_in(std::chrono::steady_clock::duration span) {
  return std::chrono::steady_clock::now() + span;
}

}  // namespace ticketd
