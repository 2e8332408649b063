#include "http/client_connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <utility>

namespace ticketd::http {
namespace {

namespace ssl = asio::ssl;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

// What Beast's and Asio's algorithms do alike on both kinds of stream.
template <class Stream>
class stream_connection : public client_connection {
 public:
  awaitable<error_code> exchange(const request& sent, response& answer, deadline until) override {
    tcp_layer().expires_at(until);
    error_code failure;
    co_await beast::http::async_write(stream_, sent, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return failure;
    do {
      // The parser itself, not its get(): the message overload would leave the body limit out.
      beast::http::response_parser<beast::http::string_body> parser;
      parser.body_limit(answer_max_);
      parser.skip(sent.method() == verb::head);  // its answer has no body, whatever its length says
      co_await beast::http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, failure));
      if (failure) co_return failure;
      answer = parser.release();
    } while (answer.result_int() / 100 == 1);  // 1xx only announces an answer; result() knows not every one of them
    tcp_layer().expires_never();
    co_return failure;
  }

  bool is_stale() override {
    if (buffer_.size() > 0) return true;
    auto& socket = tcp_layer().socket();
    error_code state;
    socket.non_blocking(true, state);
    char unasked = 0;
    socket.receive(asio::buffer(&unasked, 1), tcp::socket::message_peek, state);
    return state != asio::error::would_block;
  }

 protected:
  template <class... Arguments>
  explicit stream_connection(std::size_t answer_max, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...), answer_max_(answer_max) {}

  awaitable<error_code> connect(const tcp::resolver::results_type& addresses, deadline until) {
    error_code failure = asio::error::host_not_found;
    auto left = addresses.size();
    for (const auto& entry : addresses) {
      tcp_layer().close();  // the one before may have been of another protocol
      tcp_layer().expires_at(share_of(until, left--));
      co_await tcp_layer().async_connect(entry.endpoint(), asio::redirect_error(asio::use_awaitable, failure));
      if (!failure) break;
    }
    tcp_layer().expires_at(until);
    if (!failure) tcp_layer().socket().set_option(tcp::no_delay(true), failure);
    co_return failure;
  }

  beast::tcp_stream& tcp_layer() { return beast::get_lowest_layer(stream_); }

  Stream stream_;

 private:
  std::size_t answer_max_;
  beast::flat_buffer buffer_;
};

class plain_connection final : public stream_connection<beast::tcp_stream> {
 public:
  plain_connection(const asio::any_io_executor& executor, std::size_t answer_max)
      : stream_connection(answer_max, executor) {}

  awaitable<error_code> open(const tcp::resolver::results_type& addresses, deadline until) override {
    return connect(addresses, until);
  }
  std::string describe(const error_code& failure) override { return failure.message(); }
};

class tls_connection final : public stream_connection<tls_stream> {
 public:
  tls_connection(const asio::any_io_executor& executor, std::size_t answer_max, ssl::context& tls, std::string host)
      : stream_connection(answer_max, executor, tls), host_(std::move(host)) {}

  awaitable<error_code> open(const tcp::resolver::results_type& addresses, deadline until) override {
    error_code failure = co_await connect(addresses, until);
    if (failure) co_return failure;
    async::expect_server(stream_.native_handle(), host_);
    co_await stream_.async_handshake(ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, failure));
    co_return failure;
  }
  std::string describe(const error_code& failure) override {
    return async::describe_tls_failure(stream_.native_handle(), failure);
  }

 private:
  std::string host_;
};

}  // namespace

std::unique_ptr<client_connection> make_client_connection(const asio::any_io_executor& executor, const origin& server,
                                                          async::tls_context* tls, std::size_t answer_max) {
  if (tls) return std::make_unique<tls_connection>(executor, answer_max, *tls, server.host);
  return std::make_unique<plain_connection>(executor, answer_max);
}

}  // namespace ticketd::http
