#include "ticketd/async/resolve.hpp"

#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/text/parse_number.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace ticketd::async {
namespace {

using asio::ip::tcp;
using addresses = tcp::resolver::results_type;

struct look_up {
  look_up(const asio::any_io_executor& executor, std::string of_host, std::string of_port)
      : resolver(executor), is_done(executor), host(std::move(of_host)), port(std::move(of_port)) {}

  tcp::resolver resolver;
  auto_reset_event is_done;
  std::string host;
  std::string port;
  addresses found;
  error_code failure = asio::error::timed_out;  // until it is done
};

awaitable<> run(std::shared_ptr<look_up> self) {
  error_code failure;
  self->found = co_await self->resolver.async_resolve(self->host, self->port, tcp::resolver::numeric_service,
                                                      asio::redirect_error(asio::use_awaitable, failure));
  if (!failure && self->found.empty()) failure = asio::error::host_not_found;
  self->failure = failure;
  self->is_done.set();
}

std::uint16_t number_of(const std::string& port) { return text::parse_number<std::uint16_t>(port).value_or(0); }

}  // namespace

result<addresses> resolve_blocking(const std::string& host, const std::string& port, deadline until) {
  if (std::chrono::steady_clock::now() >= until) return error_code(asio::error::timed_out);
  const auto answer = std::make_shared<std::promise<result<addresses>>>();
  auto found = answer->get_future();
  std::thread([answer, host, port] {
    asio::io_context own;
    error_code failure;
    auto looked_up = tcp::resolver(own).resolve(host, port, tcp::resolver::numeric_service, failure);
    if (!failure && looked_up.empty()) failure = asio::error::host_not_found;
    answer->set_value(failure ? result<addresses>(failure) : result<addresses>(std::move(looked_up)));
  }).detach();
  if (found.wait_until(until) != std::future_status::ready) return error_code(asio::error::timed_out);
  return found.get();
}

awaitable<result<addresses>> resolve(const asio::any_io_executor& executor, std::string host, std::string port,
                                     deadline until) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return addresses::create(tcp::endpoint(address, number_of(port)), host, port);

  if (std::chrono::steady_clock::now() >= until) co_return error_code(asio::error::timed_out);
  const auto asked = std::make_shared<look_up>(executor, std::move(host), std::move(port));
  spawn(executor, "name.look_up", run(asked));
  co_await asked->is_done.wait_until(until);
  if (asked->failure) co_return asked->failure;
  co_return asked->found;
}

}  // namespace ticketd::async
