// The server over real sockets: what it answers, and how it ends. (Its limits: http_server_limits_test. What it listens
// on: http_server_listening_test. Strange bytes: http_manners_test.)
#include "support/catch2.hpp"
#include "support/echo_server.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "ticketd/async/one_shot.hpp"

#include <boost/asio/post.hpp>

#include <future>
#include <string>
#include <system_error>

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

TEST_CASE("http server: an answer carries what the server fills in, and the connection is kept") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/a"));
    const auto answer = client.read_response();
    CHECK(answer.result() == status::ok);
    CHECK(answer.body() == "/a ");
    CHECK(answer[http::field::server] == "ticketd");
    CHECK(answer[http::field::content_length] == "3");
    CHECK(answer[http::field::date].size() == 29);
    CHECK(answer.keep_alive());
  }
  CHECK(server.open_connections() == 1);
}

TEST_CASE("http server: ten requests in one write are answered in order") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  std::string all;
  for (int i = 0; i < 10; ++i) all += i % 2 ? get("/" + std::to_string(i)) : post(std::to_string(i));
  client.send(all);
  for (int i = 0; i < 10; ++i)
    CHECK(client.read_response().body() == (i % 2 ? "/" + std::to_string(i) + " " : "/p " + std::to_string(i)));
}

TEST_CASE("http server: a request may come byte by byte") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  for (const char byte : post("hello")) client.send({&byte, 1});
  CHECK(client.read_response().body() == "/p hello");
  for (const char byte : post_chunked("3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n")) client.send({&byte, 1});
  CHECK(client.read_response().body() == "/p abcde");
}

TEST_CASE("http server: Connection: close and HTTP/1.0 end with the answer") {
  running_server server(quick(), echo);
  const std::string request = GENERATE(get("/a", "Connection: close\r\n"), std::string("GET /a HTTP/1.0\r\n\r\n"));
  raw_client client(server.port());
  client.send(request);
  const auto answer = client.read_response();
  CHECK(answer.body() == "/a ");
  CHECK_FALSE(answer.keep_alive());
  CHECK(client.read_to_end().empty());
}

TEST_CASE("http server: HTTP/1.0 with keep-alive is kept") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.read_response().keep_alive());
  }
}

TEST_CASE("http server: an answer to HEAD has the length of a body, and none") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  client.send("HEAD /a HTTP/1.1\r\nHost: t\r\n\r\n" + get("/b"));
  CHECK(client.read_response(true)[http::field::content_length] == "3");
  CHECK(client.read_response().body() == "/b ");
}

TEST_CASE("http server: who asks before sending a body is told to go on") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_response().result() == status::continue_);
  client.send("hello");
  CHECK(client.read_response().body() == "/p hello");

  client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_response().result() == status::payload_too_large);
}

TEST_CASE("http server: an expectation that is not met is 417, and HTTP/1.0 has none") {
  running_server server(quick(), echo);
  for (const auto* expectation : {"200-ok", "100-continue, gold", ""}) {
    raw_client client(server.port());
    client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: " + std::string(expectation) +
                "\r\n\r\nhello");
    const auto answer = client.read_response();
    CHECK(answer.result_int() == 417);
    CHECK(problem_type_of(answer) == "urn:ticketd:problem:expectation-failed");
    CHECK(client.read_to_end().empty());
  }
  raw_client polite(server.port());
  polite.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello");
  CHECK(polite.read_response().result_int() == 200);
  raw_client old(server.port());
  old.send("POST /p HTTP/1.0\r\nContent-Length: 5\r\nExpect: 200-ok\r\n\r\nhello");
  CHECK(old.read_response().result_int() == 200);
}

TEST_CASE("http server: an answer without content has no length either") {
  running_server server(quick(), [](http::request&& asked) -> awaitable<http::response> {
    co_return http::make_empty(asked.target() == "/204" ? status::no_content : status::not_modified);
  });
  raw_client client(server.port());
  client.send(get("/204") + get("/304") + "HEAD /304 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  const auto all = client.read_to_end();
  CHECK(all.find("204 No Content") != std::string::npos);
  CHECK(all.find("304 Not Modified") != std::string::npos);
  CHECK(all.find("Content-Length") == std::string::npos);
  CHECK(all.find("Transfer-Encoding") == std::string::npos);
}

TEST_CASE("http server: what is not HTTP, or of doubtful length, is 400") {
  running_server server(quick(), echo);
  const std::string request = GENERATE(
      as<std::string>(), "nonsense\r\n\r\n", "GET /a HTTP/3.0\r\nHost: t\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
      "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n");
  CAPTURE(request);
  raw_client client(server.port());
  client.send(request);
  const auto answer = client.read_response();
  CHECK(answer.result() == status::bad_request);
  CHECK(problem_type_of(answer) == "urn:ticketd:problem:malformed-request");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("http server: a bug of the handler's is a 500 without detail, and the connection goes on") {
  running_server server(quick(), echo);
  raw_client client(server.port());
  client.send(get("/throw") + get("/a"));
  const auto answer = client.read_response();
  CHECK(answer.result() == status::internal_server_error);
  CHECK(answer.body().find("a bug") == std::string::npos);
  CHECK(client.read_response().body() == "/a ");
}

TEST_CASE("http server: a client that leaves is forgotten, wherever it was") {
  running_server server(quick(), echo);
  const std::string sent =
      GENERATE(as<std::string>(), "", "GET /a HT", "POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\na",
               "GET /silence HTTP/1.1\r\nHost: t\r\n\r\n");
  raw_client client(server.port());
  client.send(sent);
  REQUIRE(server.waits_for_connections(1));
  client.close();
  CHECK(server.waits_for_connections(0));
}

TEST_CASE("http server: a drain closes what is idle, and lets what is in flight be answered") {
  async::one_shot<bool> go_on;
  std::promise<void> is_in_flight;
  running_server server(quick(), [&](http::request&& request) -> awaitable<http::response> {
    const http::request received = std::move(request);
    if (received.target() == "/wait") {
      is_in_flight.set_value();
      co_await go_on.wait();
    }
    co_return http::make_json(status::ok, "{}");
  });
  raw_client idle(server.port());
  raw_client busy(server.port());
  busy.send(get("/a"));
  CHECK(busy.read_response().keep_alive());
  busy.send(get("/wait") + get("/never"));
  REQUIRE(server.waits_for_connections(2));
  is_in_flight.get_future().wait();

  SECTION("in time") {
    auto drained = server.drain(10s);
    CHECK(idle.read_to_end().empty());
    CHECK_THROWS_AS(raw_client(server.port()), std::system_error);
    CHECK(drained.wait_for(0s) == std::future_status::timeout);
    asio::post(server.context(), [&go_on] { go_on.deliver(true); });
    const auto answer = busy.read_response();
    CHECK(answer.result() == status::ok);
    CHECK_FALSE(answer.keep_alive());
    CHECK(busy.read_to_end().empty());
    busy.close();
    CHECK(drained.wait_for(10s) == std::future_status::ready);
  }
  SECTION("or not, and then it is cut") {
    auto drained = server.drain(50ms);
    CHECK(drained.wait_for(10s) == std::future_status::ready);
    CHECK(busy.read_to_end().empty());
    asio::post(server.context(), [&go_on] { go_on.deliver(true); });
    CHECK(server.waits_for_connections(0));
  }
}
