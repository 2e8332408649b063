#include "cache/cache_keeper.hpp"

#include "ticketd/async/resolve.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::cache {
namespace {

constexpr std::array<std::string_view, 1> ping{"PING"};

}  // namespace

cache_keeper::cache_keeper(const asio::any_io_executor& executor, const redis_url& server,
                           const cache_settings& settings, observability::metrics& metrics)
    : executor_(executor),
      server_(server),
      settings_(settings),
      tls_(server.is_tls ? async::make_tls_context(settings.ca_file) : nullptr),
      metrics_(metrics),
      breaker_(settings.breaker),
      wake_up_(executor) {}

awaitable<> cache_keeper::run() {
  const auto self = shared_from_this();
  while (!is_stopped_) {
    if (!may_connect()) {
      co_await wake_up_.wait_until(deadline_in(settings_.breaker.open_for));
      continue;
    }
    const bool is_connected = co_await connect();
    note_outcome(is_connected);
    if (!is_connected) continue;
    co_await ping_until_lost();
    note_outcome(false);
  }
}

bool cache_keeper::may_connect() {
  const bool is_allowed = breaker_.allows(std::chrono::steady_clock::now());
  metrics_.cache_breaker_state.Set(static_cast<double>(breaker_.state()));
  return is_allowed;
}

void cache_keeper::stop() {
  is_stopped_ = true;
  is_ready_ = false;
  if (connection_) connection_->close();
  wake_up_.set();
}

awaitable<reply> cache_keeper::call(redis_connection::arguments command, deadline until) {
  if (!is_up() || connection_->in_flight() >= settings_.calls_max) co_return reply{};
  co_return co_await connection_->call(command, std::min(until, deadline_in(settings_.call)));
}

awaitable<bool> cache_keeper::connect() {
  const auto found = co_await find_server();
  if (!found || is_stopped_) co_return false;
  connection_ = redis_connection::open(executor_, {*found, server_.host, tls_}, [this] { wake_up_.set(); });
  is_ready_ = co_await log_in();
  if (!is_ready_) connection_->close();
  co_return is_ready_;
}

// Of several addresses (localhost may be ::1 and 127.0.0.1) each attempt takes the next.
awaitable<std::optional<asio::ip::tcp::endpoint>> cache_keeper::find_server() {
  const deadline until = deadline_in(settings_.connect);
  const auto found = co_await async::resolve(executor_, server_.host, std::to_string(server_.port), until);
  if (!found) co_return std::nullopt;
  const auto turn = static_cast<std::ptrdiff_t>(attempts_++ % found->size());
  co_return std::next(found->begin(), turn)->endpoint();
}

awaitable<bool> cache_keeper::log_in() {
  const deadline until = deadline_in(settings_.connect);
  std::vector<std::string_view> credentials{"AUTH"};
  if (!server_.user.empty()) credentials.push_back(server_.user);
  credentials.push_back(server_.password);
  const std::array<std::string_view, 2> selection{"SELECT", server_.database};

  const bool has_password = !server_.password.empty();
  const bool has_database = !server_.database.empty();
  if (has_password && !co_await is_accepted(credentials, until)) co_return false;
  if (has_database && !co_await is_accepted(selection, until)) co_return false;
  co_return co_await is_accepted(ping, until);
}

awaitable<bool> cache_keeper::is_accepted(redis_connection::arguments command, deadline until) {
  const reply answer = co_await connection_->call(command, until);
  if (answer.kind == reply_kind::error) observability::log_warning("cache.refused", {{"error", answer.text}});
  co_return answer.kind == reply_kind::text;
}

// Pings now and then, so that a server that hangs is noticed where nobody calls, too.
awaitable<> cache_keeper::ping_until_lost() {
  while (!is_stopped_ && is_up()) {
    co_await wake_up_.wait_until(deadline_in(settings_.breaker.open_for));
    if (is_up()) connection_->post(ping, deadline_in(settings_.call));
  }
  is_ready_ = false;
}

void cache_keeper::note_outcome(bool is_success) {
  if (is_stopped_) return;  // the metrics may be gone
  const auto before = breaker_.state();
  if (is_success)
    breaker_.succeeded();
  else
    breaker_.failed(std::chrono::steady_clock::now());
  const auto after = breaker_.state();
  metrics_.cache_breaker_state.Set(static_cast<double>(after));
  if (after == async::breaker_state::open && before == async::breaker_state::closed)
    observability::log_warning("cache.down", {{"host", server_.host}, {"port", server_.port}});
  else if (after == async::breaker_state::closed && before == async::breaker_state::half_open)
    observability::log_info("cache.up", {{"host", server_.host}, {"port", server_.port}});
}

}  // namespace ticketd::cache
