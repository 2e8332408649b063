// The completion of a coroutine that runs on its own. An exception out of it is a bug: it is thrown out of the context's
// run(), and ends the process, rather than being swallowed by a process that runs on with one leg.
#pragma once

#include <exception>

namespace ticketd::async {

inline constexpr auto rethrow = [](const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
};

}  // namespace ticketd::async
