// Answers that go on, over real sockets: what their client hears, and how they end.
#include "support/catch2.hpp"
#include "support/echo_server.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "ticketd/http/stream.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
using http::status;
using http::stream_end;
using test::get;
using test::quick;
using test::raw_client;
using test::running_server;

// Says "hello" when it is open, and how it ended.
class source final : public http::stream_source {
 public:
  http::stream_writer* writer = nullptr;
  std::promise<stream_end> end;

  void opened(http::stream_writer& to) override {
    writer = &to;
    to.write("hello");
  }
  void say_goodbye(http::stream_writer& to) override { to.write(" goodbye"); }
  void closed(stream_end how) override {
    writer = nullptr;
    end.set_value(how);
  }
};

struct fixture {
  std::vector<std::shared_ptr<source>> sources;  // of the server's thread
  running_server server;

  explicit fixture(const http::server_settings& settings = quick())
      : server(settings, [this](http::request&& asked) -> awaitable<http::response> {
          if (asked.target() != "/stream") co_return co_await test::echo(std::move(asked));
          sources.push_back(std::make_shared<source>());
          co_return http::make_stream(sources.back(), "text/plain");
        }) {}

  void on_server(const std::function<void()>& what) {
    std::promise<void> done;
    asio::post(server.context(), [&] {
      what();
      done.set_value();
    });
    done.get_future().get();
  }

  // Through the writer of the newest stream, once it is open.
  void with_writer(const std::function<void(http::stream_writer&)>& what) {
    bool is_done = false;
    while (!is_done)
      on_server([&] {
        if (sources.empty() || sources.back()->writer == nullptr) return;
        what(*sources.back()->writer);
        is_done = true;
      });
  }

  // How the newest stream has ended. Fails where it does not.
  stream_end end() {
    std::future<stream_end> ended;
    on_server([&] { ended = sources.back()->end.get_future(); });
    REQUIRE(ended.wait_for(20s) == std::future_status::ready);
    return ended.get();
  }
};

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

// More than the sockets between the two can hold.
std::string much_text() {
  std::string text;
  text.resize(16'000'000, 'x');
  return text;
}

}  // namespace

TEST_CASE("http stream: text goes on behind the head, until its source ends it") {
  fixture on;
  raw_client client(on.server.port());
  client.send(get("/stream"));
  on.with_writer([](auto& to) {
    to.write(" world");
    to.end();
    to.write(" nobody hears this");
  });
  const auto answer = client.read_to_end();
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("\r\nContent-Type: text/plain\r\n") != std::string::npos);
  CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(answer.find("Content-Length") == std::string::npos);
  CHECK(body_of(answer) == "hello world");
  client.close();
  CHECK(on.end() == stream_end::by_us);
}

TEST_CASE("http stream: a stream takes no buyer's connection") {
  auto settings = quick();
  settings.connections_max = 1;
  fixture on(settings);
  std::vector<std::unique_ptr<raw_client>> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.push_back(std::make_unique<raw_client>(on.server.port()));
    watchers.back()->send(get("/stream"));
    on.with_writer([](auto&) {});
    REQUIRE(on.server.waits_for_connections(0));
  }
  raw_client buyer(on.server.port());
  buyer.send(get("/a"));
  CHECK(buyer.read_response().result() == status::ok);
}

TEST_CASE("http stream: connections that have a bound of their own do not count") {
  auto settings = quick();
  settings.connections_max = 1;
  settings.uncounted_connections = [] { return std::size_t{1}; };
  fixture on(settings);
  raw_client first(on.server.port());
  first.send(get("/a"));
  CHECK(first.read_response().result() == status::ok);
  raw_client second(on.server.port());
  second.send(get("/a"));
  CHECK(second.read_response().result() == status::ok);
  raw_client third(on.server.port());
  CHECK(third.read_response().result() == status::service_unavailable);
}

TEST_CASE("http stream: a client that leaves is noticed without a word") {
  fixture on;
  raw_client client(on.server.port());
  client.send(get("/stream"));
  on.with_writer([](auto&) {});
  client.close();
  CHECK(on.end() == stream_end::by_client);
}

TEST_CASE("http stream: a client that does not read is dropped, by time or by what waits for it") {
  auto settings = quick();
  settings.stream_unread_max = 64 * 1024 * 1024;
  SECTION("by time") { settings.write = 100ms; }
  SECTION("by what waits for it") { settings.stream_unread_max = 1024; }
  fixture on(settings);
  raw_client client(on.server.port());
  client.send(get("/stream"));
  const std::string much = much_text();
  on.with_writer([&](auto& to) { to.write(much); });
  CHECK(on.end() == stream_end::not_read);
}

TEST_CASE("http stream: what a client takes slowly comes whole, in order") {
  auto settings = quick();
  settings.stream_unread_max = 64 * 1024 * 1024;
  fixture on(settings);
  raw_client client(on.server.port());
  client.send(get("/stream"));
  const std::string much = much_text();
  on.with_writer([&](auto& to) {
    to.write(much);
    to.write("y");
    to.end();
  });
  const auto body = body_of(client.read_to_end());
  CHECK(body.size() == much.size() + 6);
  CHECK(body.ends_with("xy"));
}

TEST_CASE("http stream: a drain says goodbye, to who comes late as well, and waits for nobody who has left") {
  fixture on;
  raw_client client(on.server.port());
  client.send(get("/stream"));
  on.with_writer([](auto&) {});
  auto drained = on.server.drain(10s);
  CHECK(body_of(client.read_to_end()) == "hello goodbye");
  client.close();
  CHECK(drained.wait_for(5s) == std::future_status::ready);
}

TEST_CASE("http stream: a drain ends who does not close, at its deadline") {
  auto settings = quick();
  settings.linger = 1h;
  fixture on(settings);
  raw_client client(on.server.port());
  client.send(get("/stream"));
  on.with_writer([](auto&) {});
  CHECK(on.server.drain(200ms).wait_for(5s) == std::future_status::ready);
}

TEST_CASE("http stream: HEAD has the head, and keeps its connection") {
  fixture on;
  raw_client client(on.server.port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = client.read_response(true);
  CHECK(head.result() == status::ok);
  CHECK(head[http::field::content_type] == "text/plain");
  CHECK(head.count(http::field::content_length) == 0);
  client.send(get("/a"));
  CHECK(client.read_response().body() == "/a ");
  on.on_server([&] { CHECK(on.sources.back()->writer == nullptr); });
}
