// Where the server takes connections: a TCP port, or a socket in the file system for a proxy on the same machine, which
// saves both the way through TCP (unix(7)).
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/observability/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ticketd::http {

// Of a client, however it came.
using client_socket = asio::generic::stream_protocol::socket;

using tcp_acceptor = asio::ip::tcp::acceptor;
using local_acceptor = asio::local::stream_protocol::acceptor;

// Both throw boost::system::system_error, which names the address.
[[nodiscard]] tcp_acceptor listen_on_port(const asio::any_io_executor& executor, const std::string& address,
                                          std::uint16_t port);
// The file of a process that is gone is replaced, that of one which listens is not.
[[nodiscard]] local_acceptor listen_on_path(const asio::any_io_executor& executor, const std::string& path);

// What becomes of a client that has connected.
using listener_taker = std::function<void(client_socket)>;

struct listener_pace {
  int accepts_of_a_turn = 1;
  async::backoff_settings pauses{};  // after a connection could not be taken
};

template <class Acceptor>
class listener {
 public:
  listener(Acceptor acceptor, listener_pace pace, listener_taker take)
      : acceptor_(std::move(acceptor)), pace_(pace), retry_(acceptor_.get_executor()), take_(std::move(take)) {
    acceptor_.non_blocking(true);
  }

  [[nodiscard]] const Acceptor& acceptor() const noexcept { return acceptor_; }

  // Hands on who comes, until closed.
  [[nodiscard]] awaitable<> run() {
    async::backoff wait(pace_.pauses);
    while (acceptor_.is_open()) {
      boost::system::error_code failure;
      auto client = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (!acceptor_.is_open()) co_return;
      if (failure) {
        co_await pause(failure, wait.next());
        continue;
      }
      wait.reset();
      take(std::move(client));
      take_waiting();
    }
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  using socket = typename Acceptor::protocol_type::socket;

  // One in each turn of a busy event loop would leave a rush in the backlog until it is full, and Nginx gives up
  // whoever does not get in. What else goes wrong, the next async_accept says.
  void take_waiting() {
    for (int count = 0; count < pace_.accepts_of_a_turn; ++count) {
      boost::system::error_code none_left;
      socket next(acceptor_.get_executor());
      acceptor_.accept(next, none_left);
      if (none_left) return;
      take(std::move(next));
    }
  }

  void take(asio::ip::tcp::socket client) {
    boost::system::error_code ignored;  // a client that has gone already
    client.set_option(asio::ip::tcp::no_delay(true), ignored);
    take_(std::move(client));
  }
  void take(asio::local::stream_protocol::socket client) { take_(std::move(client)); }

  // Out of file descriptors, most likely: the connection stays in the backlog, so trying again at once would spin.
  [[nodiscard]] awaitable<> pause(const boost::system::error_code& failure, std::chrono::milliseconds length) {
    using observability::log_field;
    observability::log_warning("http.accept_failed",
                               {log_field("error", failure.message()), log_field("pause_ms", length.count())});
    retry_.expires_after(length);
    boost::system::error_code ignored;  // cancelled by close()
    co_await retry_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  Acceptor acceptor_;
  listener_pace pace_;
  asio::steady_timer retry_;
  listener_taker take_;
};

}  // namespace ticketd::http
