// What the database takes together is given to it together. Where it refuses some rows, or somebody holds them, those
// are found by halving.
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/persistence/database.hpp"

#include <functional>
#include <span>

namespace ticketd::orders {

// `failed` is told of each item that failed alone for what may be its rows, and of all that were tried together when it
// was not for that: then the others would fail as well.
template <class T>
struct halving {
  std::function<awaitable<error_code>(std::span<const T>)> attempt;
  std::function<void(std::span<const T>, const error_code&)> failed;
};

// Both outlive the call.
template <class T>
[[nodiscard]] awaitable<> by_halves(std::span<const T> items, const halving<T>& with) {
  const error_code error = co_await with.attempt(items);
  if (!error) co_return;
  if (!persistence::may_be_the_rows(error) || items.size() <= 1) {
    with.failed(items, error);
    co_return;
  }
  co_await by_halves(items.first(items.size() / 2), with);
  co_await by_halves(items.subspan(items.size() / 2), with);
}

}  // namespace ticketd::orders
