// The server over real sockets: what it answers, and each of its limits.
#include "api/problems.hpp"
#include "support/catch2.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/http/problem.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
namespace beast = boost::beast;
using http::status;
using test::raw_client;
using test::running_server;

// Says what it was asked, and ends badly where the target asks for it.
awaitable<http::response> echo(http::request&& request) {
  const http::request received = std::move(request);
  if (received.target() == "/throw") throw std::runtime_error("a bug");
  if (received.target() == "/silence") co_return http::make_silence();
  co_return http::make_text(status::ok, std::string(received.target()) + " " + received.body(), "text/plain");
}

class temporary_directory {
 public:
  temporary_directory() : path_((std::filesystem::temp_directory_path() / "ticketd-XXXXXX").string()) {
    REQUIRE(::mkdtemp(path_.data()));
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::string path_;
};

http::server_settings quick() {
  http::server_settings settings;
  settings.header_max = 1024;
  settings.body_max = 100;
  settings.linger = 500ms;
  settings.problem_of = roles::api::problem_of;
  return settings;
}

std::string problem_type_of(const http::response& answer) {
  CHECK(answer[http::field::content_type] == "application/problem+json");
  return boost::json::parse(answer.body()).at("type").as_string().c_str();
}

std::string get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(more) + "\r\n";
}

std::string post(std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string post_chunked(std::string_view chunks) {
  return "POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}

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

TEST_CASE("http server: a busy port fails at once") {
  running_server server(quick(), echo);
  asio::io_context context;
  auto settings = quick();
  settings.port = server.port();
  CHECK_THROWS_AS(http::make_server(context.get_executor(), settings, echo), boost::system::system_error);
}

TEST_CASE("http server: a path beside the port") {
  const temporary_directory home;
  auto settings = quick();
  settings.local_path = home.path() / "http.sock";
  using local = asio::local::stream_protocol;
  asio::io_context context;
  SECTION("answers as the port does") {
    running_server server(settings, echo);
    local::socket client(context);
    client.connect(settings.local_path);
    asio::write(client, asio::buffer(std::string("GET /a HTTP/1.1\r\nHost: here\r\n\r\n")));
    beast::flat_buffer buffer;
    beast::http::response<beast::http::string_body> answer;
    beast::http::read(client, buffer, answer);
    CHECK(answer.body() == "/a ");
    raw_client by_port(server.port());
    by_port.send(get("/b"));
    CHECK(by_port.read_response().body() == "/b ");
    CHECK(server.open_connections() == 2);
    client.close();
    CHECK(server.waits_for_connections(1));
    CHECK(server.drain(5s).wait_for(10s) == std::future_status::ready);
    CHECK_THROWS_AS(local::socket(context).connect(settings.local_path), boost::system::system_error);
  }
  SECTION("whose last owner was killed is taken over") {
    {
      const local::acceptor killed(context, settings.local_path);
    }
    running_server server(settings, echo);
    CHECK_NOTHROW(local::socket(context).connect(settings.local_path));
  }
  SECTION("that another listens on fails at once, and stays his") {
    running_server server(settings, echo);
    CHECK_THROWS_AS(http::make_server(context.get_executor(), settings, echo), boost::system::system_error);
    CHECK_NOTHROW(local::socket(context).connect(settings.local_path));
  }
  SECTION("that is no socket is left alone") {
    std::ofstream(settings.local_path) << "mine";
    CHECK_THROWS_WITH(http::make_server(context.get_executor(), settings, echo),
                      Catch::Contains("cannot listen on " + settings.local_path));
    CHECK(std::filesystem::is_regular_file(settings.local_path));
  }
}

TEST_CASE("http server: IPv6 works as IPv4 does") {
  asio::io_context context;
  asio::ip::tcp::acceptor probe(context, asio::ip::tcp::v6());
  boost::system::error_code has_no_ipv6;
  probe.bind({asio::ip::address_v6::loopback(), 0}, has_no_ipv6);
  if (has_no_ipv6) {
    WARN("this machine has no IPv6 loopback address (a container may have none): not tested");
    return;
  }
  auto settings = quick();
  settings.address = "::1";
  running_server on_ipv6(settings, echo);
  raw_client client(on_ipv6.port(), "::1");
  client.send(get("/a"));
  CHECK(client.read_response().body() == "/a ");
}
