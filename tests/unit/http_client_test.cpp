// The client over real sockets: what it keeps, and what it says of calls that fail.
#include "support/catch2.hpp"
#include "support/fake_names.hpp"
#include "support/run_coroutine.hpp"
#include "support/running_server.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
using asio::ip::tcp;
using test::run_coroutine;
using test::running_server;

http::client_settings to(std::uint16_t port, std::size_t connections = 4) {
  http::client_settings settings;
  settings.url = "http://127.0.0.1:" + std::to_string(port);
  settings.connections = connections;
  settings.answer_max = 1000;
  return settings;
}

http::request get(std::string_view target) { return http::request(http::verb::get, target, 11); }

awaitable<http::response> answer(http::request&& request) {
  const http::request received = std::move(request);
  if (received.target() == "/large") co_return http::make_json(http::status::ok, std::string(1001, 'x'));
  if (received.target() == "/silence") co_return http::make_silence();
  if (received.target() == "/slow") {
    const auto executor = co_await asio::this_coro::executor;
    co_await async::pause(executor, 20ms);
  }
  co_return http::make_json(http::status::ok, std::string(received[http::field::host]));
}

error_code failure_of(asio::io_context& context, http::client& client, std::string_view target,
                      std::chrono::milliseconds time_limit = 10s) {
  const auto got = run_coroutine(context, client.send(get(target), deadline_in(time_limit)));
  return got ? error_code() : got.error();
}

// A server of one connection that reads a little, says what it is told to, and closes.
awaitable<> say_and_close(tcp::acceptor& acceptor, std::string text) {
  tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
  char some[16];
  co_await socket.async_read_some(asio::buffer(some), asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

}  // namespace

TEST_CASE("http client: calls share kept connections, and wait their turn for one") {
  running_server server({}, answer);
  asio::io_context context;
  const auto client = http::make_client(context.get_executor(), to(server.port(), 2));
  std::size_t answered = 0;
  for (int i = 0; i < 10; ++i)
    async::spawn(context.get_executor(), "call", [&]() -> awaitable<> {
      const auto got = co_await client->send(get("/slow"), deadline_in(10s));
      if (got && got->body() == "127.0.0.1:" + std::to_string(server.port())) ++answered;
    });
  context.run();
  CHECK(answered == 10);
  CHECK(server.open_connections() == 2);
}

TEST_CASE("http client: a call that does not get a connection in time was not sent") {
  running_server server({}, answer);
  asio::io_context context;
  const auto client = http::make_client(context.get_executor(), to(server.port(), 1));
  async::spawn(context.get_executor(), "silence", [&]() -> awaitable<> {
    const auto none = co_await client->send(get("/silence"), deadline_in(300ms));
    CHECK(none.error() == http::client_errc::no_answer);
  });
  CHECK(failure_of(context, *client, "/", 50ms) == http::client_errc::not_sent);
  CHECK(failure_of(context, *client, "/") == error_code());
  CHECK(failure_of(context, *client, "/", -1ms) == http::client_errc::not_sent);
}

TEST_CASE("http client: a server that is not there was sent nothing") {
  asio::io_context context;
  tcp::acceptor taken(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = taken.local_endpoint().port();
  taken.close();
  const auto refused = http::make_client(context.get_executor(), to(port));
  CHECK(failure_of(context, *refused, "/") == http::client_errc::not_sent);
  http::client_settings nowhere;
  nowhere.url = "http://no-such-host.invalid";
  const auto unknown = http::make_client(context.get_executor(), nowhere);
  CHECK(failure_of(context, *unknown, "/", 2s) == http::client_errc::not_sent);
}

TEST_CASE("http client: a name is looked up") {
  running_server server({}, answer);
  asio::io_context context;
  http::client_settings settings;
  settings.url = "http://localhost:" + std::to_string(server.port()) + "/";
  const auto client = http::make_client(context.get_executor(), settings);
  const auto got = run_coroutine(context, client->send(get("/"), deadline_in(10s)));
  REQUIRE(got.has_value());
  CHECK(got->body() == "localhost:" + std::to_string(server.port()));
}

TEST_CASE("http client: of a name's addresses the next is taken where one does not answer") {
  running_server server({}, answer);
  asio::io_context context;
  // Nobody is taken in, and the one who waits for that has the only place: the kernel drops what comes after.
  tcp::acceptor full(context, tcp::v4());
  full.bind({asio::ip::make_address("127.0.0.2"), server.port()});
  full.listen(0);
  tcp::socket waiting(context);
  waiting.connect(full.local_endpoint());

  const test::fake_name name("provider.test", {"127.0.0.2", "127.0.0.1"});
  auto settings = to(server.port());
  settings.url = "http://provider.test:" + std::to_string(server.port());
  const auto client = http::make_client(context.get_executor(), settings);
  const auto got = run_coroutine(context, client->send(get("/"), deadline_in(3s)));
  CHECK(got.has_value());
}

TEST_CASE("http client: what was sent and not answered may have been seen") {
  asio::io_context context;
  SECTION("silence, until the deadline; the next call is served") {
    running_server server({}, answer);
    const auto client = http::make_client(context.get_executor(), to(server.port(), 1));
    CHECK(failure_of(context, *client, "/silence", 50ms) == http::client_errc::no_answer);
    CHECK(failure_of(context, *client, "/") == error_code());
  }
  SECTION("an answer over the limit") {
    running_server server({}, answer);
    const auto client = http::make_client(context.get_executor(), to(server.port()));
    CHECK(failure_of(context, *client, "/large") == http::client_errc::no_answer);
  }
  SECTION("an end, within the answer or before it") {
    const std::string said = GENERATE(as<std::string>(), "", "nonsense", "HTTP/1.1 200 OK\r\n",
                                      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto client = http::make_client(context.get_executor(), to(acceptor.local_endpoint().port()));
    async::spawn(context.get_executor(), "say_and_close", say_and_close(acceptor, said));
    CHECK(failure_of(context, *client, "/") == http::client_errc::no_answer);
  }
}

TEST_CASE("http client: 1xx is not the answer") {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto client = http::make_client(context.get_executor(), to(acceptor.local_endpoint().port()));
  const std::string said = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  async::spawn(context.get_executor(), "say_and_close", say_and_close(acceptor, said));
  const auto got = run_coroutine(context, client->send(get("/"), deadline_in(10s)));
  REQUIRE(got.has_value());
  CHECK(got->body() == "ok");
}

TEST_CASE("http client: a kept connection that the server has closed is not used") {
  auto settings = http::server_settings();
  settings.idle = 20ms;
  running_server server(settings, answer);
  asio::io_context context;
  const auto client = http::make_client(context.get_executor(), to(server.port()));
  for (int i = 0; i < 3; ++i) {
    CHECK(failure_of(context, *client, "/") == error_code());
    CHECK(server.waits_for_connections(0));
  }
}

TEST_CASE("http client: what a server says unasked is nobody's answer") {
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  const auto twice = [](std::string_view body) {
    const std::string once = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::string(body);
    return once + once;
  };
  async::spawn(context.get_executor(), "server", [&]() -> awaitable<> {
    for (const std::string body : {"1", "2", "3"}) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      char some[1000];
      co_await socket.async_read_some(asio::buffer(some), asio::use_awaitable);
      const std::string said = twice(body);
      co_await asio::async_write(socket, asio::buffer(said), asio::use_awaitable);
      error_code closed;
      co_await socket.async_read_some(asio::buffer(some), asio::redirect_error(asio::use_awaitable, closed));
      CHECK(closed == asio::error::eof);  // or it would be asked again here
    }
  });
  const auto client = http::make_client(context.get_executor(), to(acceptor.local_endpoint().port()));
  for (const std::string body : {"1", "2", "3"}) {
    const auto got = run_coroutine(context, client->send(get("/"), deadline_in(10s)));
    REQUIRE(got.has_value());
    CHECK(got->body() == body);
  }
}

TEST_CASE("http client: a URL of another kind does not start") {
  asio::io_context context;
  for (const auto* url :
       {"", "127.0.0.1:80", "ftp://host", "http://", "http://user:word@host", "http://host/path", "http://host?q"}) {
    CAPTURE(url);
    http::client_settings settings;
    settings.url = url;
    CHECK_THROWS_AS(http::make_client(context.get_executor(), settings), std::invalid_argument);
  }
}
