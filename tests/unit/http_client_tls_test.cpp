// The client over TLS: it talks to whom it can verify, and sends nothing to anybody else.
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "support/test_certificate.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
using asio::ip::tcp;
namespace ssl = asio::ssl;

class tls_server {
 public:
  tls_server(asio::io_context& context, const test::test_certificate& as)
      : tls_(ssl::context::tls_server), acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    tls_.use_certificate(asio::buffer(as.certificate_pem), ssl::context::pem);
    tls_.use_private_key(asio::buffer(as.key_pem), ssl::context::pem);
    async::spawn(context.get_executor(), "serve", serve());
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int requests() const { return requests_; }
  int connections() const { return connections_; }

 private:
  awaitable<> serve() {
    for (;;) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      ++connections_;
      ssl::stream<tcp::socket> stream(std::move(socket), tls_);
      error_code failure;
      co_await stream.async_handshake(ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, failure));
      while (!failure) {
        asio::streambuf request;
        co_await asio::async_read_until(stream, request, "\r\n\r\n",
                                        asio::redirect_error(asio::use_awaitable, failure));
        if (failure) break;
        ++requests_;
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        co_await asio::async_write(stream, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, failure));
      }
    }
  }

  ssl::context tls_;
  tcp::acceptor acceptor_;
  int requests_ = 0;
  int connections_ = 0;
};

// What OpenSSL trusts by default, for as long as this lives.
class trusted {
 public:
  explicit trusted(const std::string& certificate_pem) : file_(certificate_pem) {
    ::setenv("SSL_CERT_FILE", file_.path().c_str(), 1);
  }
  ~trusted() { ::unsetenv("SSL_CERT_FILE"); }

 private:
  test::temporary_file file_;
};

result<http::response> call(asio::io_context& context, http::client& client) {
  http::request request(http::verb::get, "/", 11);
  return test::run_coroutine(context, client.send(std::move(request), deadline_in(10s)));
}

std::unique_ptr<http::client> client_of(asio::io_context& context, const std::string& host, std::uint16_t port,
                                        const std::string& ca_file = {}) {
  http::client_settings settings;
  settings.ca_file = ca_file;
  settings.url = "https://" + host + ":" + std::to_string(port);
  return http::make_client(context.get_executor(), settings);
}

}  // namespace

TEST_CASE("http client over TLS: a server that nobody vouches for is sent nothing") {
  asio::io_context context;
  tls_server server(context, test::make_certificate("localhost"));
  const auto client = client_of(context, "localhost", server.port());
  CHECK(call(context, *client).error() == http::client_errc::not_sent);
  CHECK(server.connections() == 1);
  CHECK(server.requests() == 0);
}

TEST_CASE("http client over TLS: a trusted server is talked to, on a kept connection, under its name only") {
  asio::io_context context;
  const auto certificate = test::make_certificate("localhost");
  const trusted vouched_for(certificate.certificate_pem);
  tls_server server(context, certificate);
  auto client = client_of(context, "localhost", server.port());
  for (int i = 0; i < 3; ++i) {
    const auto got = call(context, *client);
    REQUIRE(got.has_value());
    CHECK(got->body() == "ok");
  }
  CHECK(server.connections() == 1);
  client = client_of(context, "127.0.0.1", server.port());
  CHECK(call(context, *client).error() == http::client_errc::not_sent);
  CHECK(server.connections() == 2);
  CHECK(server.requests() == 3);
}

TEST_CASE("http client over TLS: a file of CA certificates is trusted, and nobody beside") {
  asio::io_context context;
  const auto certificate = test::make_certificate("localhost", "IP:127.0.0.1");
  const auto another = test::make_certificate("localhost");
  const test::temporary_file right(certificate.certificate_pem);
  const test::temporary_file wrong(another.certificate_pem);
  tls_server server(context, certificate);
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto client = client_of(context, host, server.port(), right.path());
    CHECK(call(context, *client).has_value());
  }
  const trusted by_the_system(certificate.certificate_pem);
  const auto client = client_of(context, "localhost", server.port(), wrong.path());
  CHECK(call(context, *client).error() == http::client_errc::not_sent);
  const test::temporary_file none("no certificate");
  CHECK_THROWS_AS(client_of(context, "localhost", server.port(), none.path()), std::invalid_argument);
}

TEST_CASE("http client over TLS: a server that speaks no TLS is sent nothing") {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  async::spawn(context.get_executor(), "answer in plain text", [&acceptor]() -> awaitable<> {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    const std::string plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(plain), asio::use_awaitable);
  });
  const auto client = client_of(context, "localhost", acceptor.local_endpoint().port());
  CHECK(call(context, *client).error() == http::client_errc::not_sent);
}
