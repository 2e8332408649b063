// The bytes of one connection to Redis, over TCP or TLS.
//
// Thread: the executor's. One read and one write at a time; after a failure it is of no more use.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/async/tls.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::cache {

struct redis_server {
  asio::ip::tcp::endpoint address;
  std::string host{};                            // whose certificate it has, with TLS
  std::shared_ptr<async::tls_context> tls = {};  // null: no TLS
};

class redis_stream {
 public:
  redis_stream(const asio::any_io_executor& executor, redis_server server);

  // A handshake that fails is logged.
  [[nodiscard]] awaitable<error_code> open();
  // At least a byte, or why not.
  [[nodiscard]] awaitable<result<std::size_t>> read(asio::mutable_buffer to);
  [[nodiscard]] awaitable<error_code> write(std::string_view text);
  // What is under way ends.
  void close();

  // Whether the system has something that read() has not taken yet.
  [[nodiscard]] bool has_unread() const;

 private:
  [[nodiscard]] awaitable<error_code> shake_hands();

  redis_server server_;
  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
};

}  // namespace ticketd::cache
