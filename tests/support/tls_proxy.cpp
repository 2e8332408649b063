#include "support/tls_proxy.hpp"

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace ticketd::test {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using tls_stream = asio::ssl::stream<tcp::socket>;

struct pair {
  tls_stream front;
  tcp::socket back;
};

template <class From, class To>
awaitable<> pump(std::shared_ptr<pair> of, From& from, To& to) {
  std::array<char, 64 * 1024> buffer;
  error_code failure;
  while (!failure) {
    const auto size =
        co_await from.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failure));
    if (!failure)
      co_await asio::async_write(to, asio::buffer(buffer, size), asio::redirect_error(asio::use_awaitable, failure));
  }
  of->front.lowest_layer().close(failure);
  of->back.close(failure);
}

}  // namespace

struct tls_proxy::server {
  server(const test_certificate& as, std::uint16_t behind, greeting with)
      : tls(asio::ssl::context::tls_server),
        acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port_behind(behind),
        greets(with) {
    tls.use_certificate(asio::buffer(as.certificate_pem), asio::ssl::context::pem);
    tls.use_private_key(asio::buffer(as.key_pem), asio::ssl::context::pem);
    async::spawn(context.get_executor(), "proxy.accept", accept());
    thread = std::thread([this] { context.run(); });
  }
  ~server() {
    context.stop();
    thread.join();
  }

  awaitable<> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      auto both = std::make_shared<pair>(pair{tls_stream(std::move(socket), tls), tcp::socket(context)});
      async::spawn(context.get_executor(), "proxy.connect", connect(std::move(both)));
    }
  }

  awaitable<> connect(std::shared_ptr<pair> both) {
    error_code failure;
    if (greets == greeting::postgresql) co_await greet(both->front.next_layer(), failure);
    if (!failure)
      co_await both->front.async_handshake(asio::ssl::stream_base::server,
                                           asio::redirect_error(asio::use_awaitable, failure));
    ++(failure ? refused : accepted);
    if (failure) co_return;
    const tcp::endpoint behind(asio::ip::address_v4::loopback(), port_behind);
    co_await both->back.async_connect(behind, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return;
    async::spawn(context.get_executor(), "proxy.in", pump(both, both->front, both->back));
    async::spawn(context.get_executor(), "proxy.out", pump(both, both->back, both->front));
  }

  // PostgreSQL manual, 55.2.10: eight bytes, and one in answer.
  static awaitable<> greet(tcp::socket& client, error_code& failure) {
    std::array<char, 8> request;
    co_await asio::async_read(client, asio::buffer(request), asio::redirect_error(asio::use_awaitable, failure));
    const char willing = 'S';
    if (!failure)
      co_await asio::async_write(client, asio::buffer(&willing, 1), asio::redirect_error(asio::use_awaitable, failure));
  }

  asio::io_context context{1};
  asio::ssl::context tls;
  tcp::acceptor acceptor;
  std::uint16_t port_behind;
  greeting greets;
  std::atomic<int> accepted{0};
  std::atomic<int> refused{0};
  std::thread thread;
};

tls_proxy::tls_proxy(const test_certificate& as, std::uint16_t port_behind, greeting of)
    : server_(std::make_unique<server>(as, port_behind, of)) {}
tls_proxy::~tls_proxy() = default;

std::uint16_t tls_proxy::port() const { return server_->acceptor.local_endpoint().port(); }
int tls_proxy::accepted() const { return server_->accepted; }
int tls_proxy::refused() const { return server_->refused; }

}  // namespace ticketd::test
