#include "ticketd/async/spawn.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace ticketd::async {
namespace {

auto thrown_as(std::string_view name) {
  return [name](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      throw std::runtime_error(std::string(name) + ": " + exception.what());
    }
  };
}

}  // namespace

void spawn(const asio::any_io_executor& executor, std::string_view name, awaitable<> work) {
  asio::co_spawn(executor, std::move(work), thrown_as(name));
}

void spawn(const asio::any_io_executor& executor, std::string_view name, std::function<awaitable<>()> work) {
  asio::co_spawn(executor, std::move(work), thrown_as(name));
}

}  // namespace ticketd::async
