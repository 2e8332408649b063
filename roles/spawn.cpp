#include "spawn.hpp"

#include "ticketd/observability/log.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdlib>
#include <exception>
#include <utility>

namespace ticketd::roles {

void spawn(const asio::any_io_executor& executor, awaitable<> work) {
  asio::co_spawn(executor, std::move(work), [](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      observability::log_error("process.failed", {{"error", exception.what()}});
    }
    std::_Exit(EXIT_FAILURE);
  });
}

}  // namespace ticketd::roles
