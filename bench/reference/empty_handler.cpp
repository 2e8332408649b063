// An HTTP server that does nothing: it answers every request with an empty 202. What everything else is measured
// against, so nothing of ticketd is in it, and nothing of it changes when ticketd gets faster.
//
//   empty_handler PORT
//
// One thread, until a signal ends it.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    boost::system::error_code ended;
    co_await http::async_read(socket, buffer, request, asio::redirect_error(asio::use_awaitable, ended));
    if (ended) co_return;
    http::response<http::empty_body> answer(http::status::accepted, request.version());
    answer.keep_alive(request.keep_alive());
    answer.prepare_payload();
    co_await http::async_write(socket, answer, asio::redirect_error(asio::use_awaitable, ended));
    if (ended || !answer.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept(tcp::acceptor acceptor) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: empty_handler PORT\n", stderr), 2;
  try {
    asio::io_context context(1);
    const auto port = static_cast<std::uint16_t>(std::strtoul(arguments[1], nullptr, 10));
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    asio::co_spawn(context, accept(std::move(acceptor)), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
    context.run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "empty_handler: %s\n", failure.what());
    return 1;
  }
}
