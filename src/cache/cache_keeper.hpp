// Keeps a connection to Redis: connects, notices when the server is gone or hangs, and connects again as the breaker
// allows. Calls only use the connection that is there; none of them waits for one.
//
// Thread: the executor's.
#pragma once

#include "cache/redis_connection.hpp"
#include "cache/redis_url.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/cache/versioned_cache.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <optional>

namespace ticketd::cache {

class cache_keeper : public std::enable_shared_from_this<cache_keeper> {
 public:
  // Throws std::invalid_argument for a CA file that is none.
  cache_keeper(const asio::any_io_executor& executor, const redis_url& server, const cache_settings& settings,
               observability::metrics& metrics);

  // Until stop(). Keeps the object alive.
  [[nodiscard]] awaitable<> run();
  void stop();

  // No reply at once where there is no connection, or where too many calls are in flight on it.
  [[nodiscard]] awaitable<reply> call(redis_connection::arguments command, deadline until);

  [[nodiscard]] bool is_up() const noexcept { return is_ready_ && connection_->is_open(); }

 private:
  [[nodiscard]] bool may_connect();
  [[nodiscard]] awaitable<bool> connect();
  [[nodiscard]] awaitable<std::optional<asio::ip::tcp::endpoint>> find_server();
  [[nodiscard]] awaitable<bool> log_in();
  [[nodiscard]] awaitable<bool> is_accepted(redis_connection::arguments command, deadline until);
  [[nodiscard]] awaitable<> ping_until_lost();
  void note_outcome(bool is_success);

  asio::any_io_executor executor_;
  redis_url server_;
  cache_settings settings_;
  std::shared_ptr<async::tls_context> tls_;  // null: the URL asks for none
  observability::metrics& metrics_;
  async::circuit_breaker breaker_;
  async::auto_reset_event wake_up_;  // set when the connection closed, or by stop()
  std::shared_ptr<redis_connection> connection_;
  bool is_ready_ = false;  // whether connection_ may be called on
  bool is_stopped_ = false;
  std::size_t attempts_ = 0;
};

}  // namespace ticketd::cache
