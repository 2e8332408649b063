// The few names of Asio that every signature uses. Names, and a pure function. Thread: any.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>

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

// What the next of so many attempts may take of the time that is left: a first address that says nothing leaves some to
// the others.
[[nodiscard]] inline deadline share_of(deadline until, std::size_t attempts_left) {
  const auto now = std::chrono::steady_clock::now();
  return now + (until - now) / static_cast<std::ptrdiff_t>(attempts_left);
}

}  // namespace ticketd
