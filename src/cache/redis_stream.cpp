#include "cache/redis_stream.hpp"

#include "ticketd/observability/log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace ticketd::cache {

redis_stream::redis_stream(const asio::any_io_executor& executor, redis_server server)
    : server_(std::move(server)), socket_(executor) {
  if (server_.tls) tls_.emplace(socket_, *server_.tls);
}

awaitable<error_code> redis_stream::open() {
  error_code failure;
  co_await socket_.async_connect(server_.address, asio::redirect_error(asio::use_awaitable, failure));
  if (failure) co_return failure;
  socket_.set_option(asio::ip::tcp::no_delay(true), failure);
  if (failure || !tls_) co_return failure;
  failure = co_await shake_hands();
  co_return failure;
}

awaitable<error_code> redis_stream::shake_hands() {
  async::expect_server(tls_->native_handle(), server_.host);
  error_code failure;
  co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, failure));
  if (failure && socket_.is_open())  // not where it was closed meanwhile
    observability::log_warning("tls.failed", {{"server", server_.host},
                                              {"port", server_.address.port()},
                                              {"error", async::describe_tls_failure(tls_->native_handle(), failure)}});
  co_return failure;
}

awaitable<result<std::size_t>> redis_stream::read(asio::mutable_buffer to) {
  error_code failure;
  std::size_t size = 0;
  if (tls_)
    size = co_await tls_->async_read_some(to, asio::redirect_error(asio::use_awaitable, failure));
  else
    size = co_await socket_.async_read_some(to, asio::redirect_error(asio::use_awaitable, failure));
  if (failure) co_return failure;
  co_return size;
}

awaitable<error_code> redis_stream::write(std::string_view text) {
  error_code failure;
  const auto bytes = asio::buffer(text.data(), text.size());
  if (tls_)
    co_await asio::async_write(*tls_, bytes, asio::redirect_error(asio::use_awaitable, failure));
  else
    co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, failure));
  co_return failure;
}

void redis_stream::close() {
  error_code ignored;
  socket_.close(ignored);
}

bool redis_stream::has_unread() const {
  error_code failure;
  return socket_.available(failure) > 0 && !failure;
}

}  // namespace ticketd::cache
