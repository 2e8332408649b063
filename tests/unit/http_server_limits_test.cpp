// The server over real sockets: each of its limits, of size, of time and of connections.
#include "support/catch2.hpp"
#include "support/echo_server.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "ticketd/async/pause.hpp"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
using http::status;
using test::echo;
using test::get;
using test::post;
using test::post_chunked;
using test::problem_type_of;
using test::quick;
using test::raw_client;
using test::running_server;

}  // namespace

TEST_CASE("http server: a body over the limit is 413, read by a client that sends all of it") {
  running_server server(quick(), echo);
  raw_client exact(server.port());
  exact.send(post(std::string(100, 'x')) + post_chunked("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n"));
  CHECK(exact.read_response().result() == status::ok);
  CHECK(exact.read_response().result() == status::ok);

  const std::string much(1'000'000, 'x');
  const std::string in_chunks = "40\r\n" + std::string(64, 'x') + "\r\n25\r\n" + std::string(37, 'x') + "\r\n" + much;
  const std::string request = GENERATE_COPY(post(much), post(std::string(101, 'x')), post_chunked(in_chunks));
  raw_client client(server.port());
  client.send(request);
  const auto answer = client.read_response();
  CHECK(answer.result() == status::payload_too_large);
  CHECK(problem_type_of(answer) == "urn:ticketd:problem:body-too-large");
  CHECK_FALSE(answer.keep_alive());
  CHECK(client.read_to_end().empty());
}

TEST_CASE("http server: a header over the limit is 431, however it is cut") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  SECTION("one long field") { client.send(get("/a", "X: " + std::string(2000, 'x') + "\r\n")); }
  SECTION("many small fields, each in a write of its own") {
    client.send("GET /a HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 200; ++i) client.send("X-" + std::to_string(i) + ": xxxxxxxx\r\n");
  }
  SECTION("no end of a chunk's extension") { client.send(post_chunked("1;" + std::string(20000, 'x'))); }
  const auto answer = client.read_response();
  CHECK(answer.result() == status::request_header_fields_too_large);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("http server: a request line over the limit is 414, however it is cut") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  SECTION("without an end") { client.send("GET /" + std::string(20000, 'x')); }
  SECTION("with all the rest") { client.send(get("/" + std::string(20000, 'x'))); }
  SECTION("just over, in one write") { client.send(get("/" + std::string(1024, 'x'))); }
  SECTION("in small writes") {
    client.send("GET /");
    for (int i = 0; i < 200; ++i) client.send("xxxxxxxxxx");
  }
  const auto answer = client.read_response();
  CHECK(answer.result_int() == 414);
  CHECK(problem_type_of(answer) == "urn:ticketd:problem:uri-too-long");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("http server: 414 or 431 depends on the bytes, and not on where they are cut") {
  running_server server(quick(), echo);
  constexpr std::size_t header_max = 1024;
  constexpr std::size_t around = std::string_view("GET  HTTP/1.1\r\n").size();
  for (const std::size_t line : {header_max - 20, header_max - 14, header_max - 1, header_max, header_max + 1}) {
    const auto request = get("/" + std::string(line - around - 1, 'x'), "X: " + std::string(30, 'y') + "\r\n");
    const unsigned expected = line > header_max ? 414 : 431;
    for (std::size_t cut = header_max - 40; cut <= request.size(); ++cut) {
      INFO("a line of " << line << " bytes, cut at " << cut);
      raw_client client(server.port());
      client.send(request.substr(0, cut));
      if (cut <= header_max) REQUIRE(server.waits_for_connections(1));  // it has come, and is most likely read
      client.send(request.substr(cut));
      CHECK(client.read_response().result_int() == expected);
      client.close();
      REQUIRE(server.waits_for_connections(0));
    }
  }
}

TEST_CASE("http server: a request that is begun and not ended is 408, an idle connection is closed without a word") {
  auto settings = quick();
  settings.request = 100ms;
  settings.idle = 100ms;
  running_server server(settings, echo);
  raw_client slow(server.port());
  SECTION("within the header, however busily") {
    slow.send("GET /a HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 20; ++i) {
      slow.send("X: y\r\n");
      std::this_thread::sleep_for(10ms);  // the slow client itself, not a wait for the server
    }
  }
  SECTION("before the body") { slow.send("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n"); }
  SECTION("within the body") { slow.send("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab"); }
  SECTION("behind another request") {
    slow.send(get("/a") + "GET");
    CHECK(slow.read_response().result() == status::ok);
  }
  const auto answer = slow.read_response();
  CHECK(answer.result() == status::request_timeout);
  CHECK_FALSE(answer.keep_alive());
  CHECK(slow.read_to_end().empty());

  raw_client idle(server.port());
  CHECK(idle.read_to_end().empty());
  raw_client idle_after_answer(server.port());
  idle_after_answer.send(get("/a"));
  CHECK(idle_after_answer.read_response().body() == "/a ");
  CHECK(idle_after_answer.read_to_end().empty());
}

TEST_CASE("http server: a client that does not take its answer is left") {
  auto settings = quick();
  settings.write = 100ms;
  running_server server(settings, [](http::request&&) -> awaitable<http::response> {
    std::string body;
    body.resize(64'000'000, 'x');  // bytes; more than the sockets between the two can hold
    co_return http::make_text(status::ok, std::move(body), "text/plain");
  });
  raw_client client(server.port());
  client.send(get("/a"));
  CHECK(server.waits_for_connections(1));
  CHECK(server.waits_for_connections(0));
}

TEST_CASE("http server: a handler may take longer than any limit of the client's") {
  auto settings = quick();
  settings.request = settings.idle = settings.write = settings.linger = 20ms;
  running_server server(settings, [](http::request&&) -> awaitable<http::response> {
    const auto executor = co_await asio::this_coro::executor;
    co_await async::pause(executor, 200ms);
    co_return http::make_json(status::ok, "{}");
  });
  raw_client client(server.port());
  client.send(get("/a"));
  CHECK(client.read_response().result() == status::ok);
}

TEST_CASE("http server: one connection too many is told so, and the next has room again") {
  auto settings = quick();
  settings.connections_max = 2;
  running_server server(settings, echo);
  raw_client first(server.port());
  {
    raw_client second(server.port());
    REQUIRE(server.waits_for_connections(2));
    raw_client third(server.port());
    const auto answer = third.read_response();
    CHECK(answer.result() == status::service_unavailable);
    CHECK(answer[http::field::retry_after] == "1");
    CHECK_FALSE(answer.keep_alive());
    CHECK(third.read_to_end().empty());
    first.send(get("/a"));
    CHECK(first.read_response().result() == status::ok);
  }
  REQUIRE(server.waits_for_connections(1));
  raw_client fourth(server.port());
  fourth.send(get("/a"));
  CHECK(fourth.read_response().result() == status::ok);
}
