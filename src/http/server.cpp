#include "ticketd/http/server.hpp"

#include "http/session.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

namespace ticketd::http {
namespace {

using observability::log_error;
using observability::log_field;
using observability::log_warning;

// Connections beyond the limit that are told so at once; beyond these they are closed without a word.
constexpr std::size_t turned_away_max = 64;
constexpr int accepts_of_a_turn =
    128;  // so that a flood of connections does not keep those that are open from being served

awaitable<> serve_or_turn_away(std::shared_ptr<session_host> host, tcp::socket socket) {
  const bool is_one_too_many = host->open >= host->settings.connections_max;
  session connection(std::move(socket), std::move(host));
  if (is_one_too_many)
    co_await connection.turn_away();
  else
    co_await connection.serve();
}

// A bug that one client has found ends that client's connection, and nobody else's.
awaitable<> serve_connection(std::shared_ptr<session_host> host, tcp::socket socket) {
  try {
    co_await serve_or_turn_away(std::move(host), std::move(socket));
  } catch (const std::exception& bug) {
    log_error("http.session_failed", {log_field("error", bug.what())});
  }
}

// The limits of time, kept for all the connections at once.
awaitable<> keep_limits(std::shared_ptr<session_host> host) {
  using std::chrono::milliseconds;
  const server_settings& limits = host->settings;
  const milliseconds shortest = std::min({limits.idle, limits.request, limits.write, limits.linger});
  const milliseconds period = std::clamp(shortest / 4, milliseconds(5), milliseconds(1000));
  while (!host->has_drained) {
    host->next_look.expires_after(period);
    error_code ignored;  // cancelled by drain()
    co_await host->next_look.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto now = std::chrono::steady_clock::now();
    for (session& connection : host->sessions) connection.enforce_limits(now);
  }
}

// The system's own error does not name the address, and says where in Asio it happened, which helps nobody.
tcp::acceptor listen_on(const asio::any_io_executor& executor, const server_settings& settings) {
  const tcp::endpoint where(asio::ip::make_address(settings.address), settings.port);
  try {
    return tcp::acceptor(executor, where);
  } catch (const boost::system::system_error& error) {
    std::ostringstream words;
    words << "cannot listen on " << where;
    throw boost::system::system_error(error.code().value(), error.code().category(), words.str());
  }
}

class asio_server final : public server {
 public:
  asio_server(const asio::any_io_executor& executor, server_settings settings, handler handle)
      : executor_(executor),
        acceptor_(listen_on(executor, settings)),
        retry_(executor),
        drained_(executor),
        host_(std::make_shared<session_host>(executor, std::move(settings), std::move(handle))) {
    acceptor_.non_blocking(true);
  }

  std::uint16_t port() const noexcept override {
    error_code ignored;  // closed by now
    return acceptor_.local_endpoint(ignored).port();
  }

  std::size_t open_connections() const noexcept override { return host_->open; }

  awaitable<> run() override {
    async::spawn(executor_, "http.keep_limits", keep_limits(host_));
    co_await accept_until_draining();
    co_await drained_.wait_until(deadline::max());
  }

  awaitable<> drain(deadline until) override {
    host_->is_draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    for (session& connection : host_->sessions) connection.close_if_idle();
    while (host_->open > 0 && std::chrono::steady_clock::now() < until) co_await host_->session_ended.wait_until(until);
    for (session& connection : host_->sessions) connection.close();
    host_->has_drained = true;
    host_->next_look.cancel();
    drained_.set();
  }

 private:
  awaitable<> accept_until_draining() {
    async::backoff wait;
    while (!host_->is_draining) {
      error_code failure;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (host_->is_draining) co_return;
      if (failure) {
        co_await pause_accepting(failure, wait.next());
        continue;
      }
      wait.reset();
      start_session(std::move(socket));
      accept_waiting();
    }
  }

  // One in each turn of a busy event loop would leave a rush in the backlog until it is full, and Nginx gives up
  // whoever does not get in. What else goes wrong, the next async_accept says.
  void accept_waiting() {
    for (int count = 0; count < accepts_of_a_turn; ++count) {
      error_code none_left;
      tcp::socket socket(executor_);
      acceptor_.accept(socket, none_left);
      if (none_left) return;
      start_session(std::move(socket));
    }
  }

  // Out of file descriptors, most likely: the connection stays in the backlog, so trying again at once would spin.
  awaitable<> pause_accepting(const error_code& failure, std::chrono::milliseconds pause) {
    log_warning("http.accept_failed", {log_field("error", failure.message()), log_field("pause_ms", pause.count())});
    retry_.expires_after(pause);
    error_code ignored;  // cancelled by drain()
    co_await retry_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  void start_session(tcp::socket socket) {
    if (host_->open >= host_->settings.connections_max + turned_away_max) return;
    error_code ignored;  // a client that has gone already
    socket.set_option(tcp::no_delay(true), ignored);
    async::spawn(executor_, "http.serve", serve_connection(host_, std::move(socket)));
  }

  asio::any_io_executor executor_;
  tcp::acceptor acceptor_;  // the constructor sets SO_REUSEADDR
  asio::steady_timer retry_;
  async::auto_reset_event drained_;
  std::shared_ptr<session_host> host_;
};

}  // namespace

std::unique_ptr<server> make_server(const asio::any_io_executor& executor, server_settings settings, handler handle) {
  return std::make_unique<asio_server>(executor, std::move(settings), std::move(handle));
}

}  // namespace ticketd::http
