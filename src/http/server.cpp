#include "ticketd/http/server.hpp"

#include "http/listener.hpp"
#include "http/session.hpp"
#include "http/stream_connection.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace ticketd::http {
namespace {

using observability::log_error;
using observability::log_field;
using namespace asio::experimental::awaitable_operators;

awaitable<> serve_or_turn_away(std::shared_ptr<session_host> host, client_socket socket) {
  const bool is_one_too_many = !host->has_room_for(0);
  session connection(std::move(socket), std::move(host));
  if (is_one_too_many)
    co_await connection.turn_away();
  else
    co_await connection.serve();
}

// A bug that one client has found ends that client's connection, and nobody else's.
awaitable<> serve_connection(std::shared_ptr<session_host> host, client_socket socket) {
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
  const milliseconds period = std::clamp(shortest / 4, limits.limits_look_min, limits.limits_look_max);
  while (!host->has_drained) {
    host->next_look.expires_after(period);
    error_code ignored;  // cancelled by drain()
    co_await host->next_look.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto now = std::chrono::steady_clock::now();
    for (session& connection : host->sessions) connection.enforce_limits(now);
    for (stream_connection& stream : host->streams) stream.enforce_limits(now);
  }
}

class asio_server final : public server {
 public:
  asio_server(const asio::any_io_executor& executor, server_settings settings, handler handle)
      : executor_(executor),
        port_(listen_on_port(executor, settings.address, settings.port), pace_of(settings), starter()),
        drained_(executor),
        host_(std::make_shared<session_host>(executor, std::move(settings), std::move(handle))) {
    if (const auto& path = host_->settings.local_path; !path.empty())
      path_.emplace(listen_on_path(executor, path), pace_of(host_->settings), starter());
  }

  std::uint16_t port() const noexcept override {
    error_code ignored;  // closed by now
    return port_.acceptor().local_endpoint(ignored).port();
  }

  std::size_t open_connections() const noexcept override { return host_->open; }

  awaitable<> run() override {
    async::spawn(executor_, "http.keep_limits", keep_limits(host_));
    if (path_)
      co_await (port_.run() && path_->run());
    else
      co_await port_.run();
    co_await drained_.wait_until(deadline::max());
  }

  awaitable<> drain(deadline until) override {
    host_->is_draining = true;
    port_.close();
    if (path_) path_->close();
    for (session& connection : host_->sessions) connection.close_if_idle();
    for (stream_connection& stream : host_->streams) stream.say_goodbye();
    while (is_anybody_there() && std::chrono::steady_clock::now() < until)
      co_await host_->session_ended.wait_until(until);
    for (session& connection : host_->sessions) connection.close();
    for (stream_connection& stream : host_->streams) stream.close(stream_end::not_read);
    host_->has_drained = true;
    host_->next_look.cancel();
    drained_.set();
  }

 private:
  static listener_pace pace_of(const server_settings& settings) {
    return {settings.accepts_of_a_turn, settings.accept_pauses};
  }

  listener_taker starter() {
    return [this](client_socket socket) { start_session(std::move(socket)); };
  }

  [[nodiscard]] bool is_anybody_there() const { return host_->open > 0 || !host_->streams.empty(); }

  void start_session(client_socket socket) {
    if (!host_->has_room_for(host_->settings.turned_away_max)) return;
    async::spawn(executor_, "http.serve", serve_connection(host_, std::move(socket)));
  }

  asio::any_io_executor executor_;
  listener<tcp_acceptor> port_;
  std::optional<listener<local_acceptor>> path_;
  async::auto_reset_event drained_;
  std::shared_ptr<session_host> host_;
};

}  // namespace

std::unique_ptr<server> make_server(const asio::any_io_executor& executor, server_settings settings, handler handle) {
  return std::make_unique<asio_server>(executor, std::move(settings), std::move(handle));
}

}  // namespace ticketd::http
