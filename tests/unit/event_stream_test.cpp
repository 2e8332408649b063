// Server-sent events: what is written for them, and what keeps many of them open.
#include "ticketd/http/event_stream.hpp"
#include "support/catch2.hpp"
#include "support/patterns.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct client final : http::stream_writer {
  std::string text;
  bool is_ended = false;
  void write(std::string_view more) override { text += more; }
  void end() override { is_ended = true; }
};

struct fixture {
  asio::io_context io;
  observability::metrics metrics;
  http::event_streams streams{io.get_executor(), {.heartbeat = 10s, .turn = 100ms}, metrics};
};

const std::string retry_line = "retry: [0-9]+\n\n";

}  // namespace

TEST_CASE("an event has a name, an id and its data in a line", "[event_stream]") {
  CHECK(http::event_text("order", 7, "{}") == "event: order\nid: 7\ndata: {}\n\n");
}

TEST_CASE("what is said before a stream is open is said when it is, the latest alone", "[event_stream]") {
  fixture on;
  client to;
  http::event_stream stream(on.streams);
  stream.say("data: 1\n\n");
  stream.say("data: 2\n\n");
  stream.opened(to);
  CHECK(test::pattern("^" + retry_line + "data: 2\n\n$").first_in(to.text));
  stream.say("data: 3\n\n");
  CHECK(to.text.ends_with("data: 2\n\ndata: 3\n\n"));
  CHECK_FALSE(to.is_ended);
  stream.finish();
  CHECK(to.is_ended);
  stream.closed(http::stream_end::by_us);
  CHECK(on.metrics.watchers_dropped.Value() == 0);
}

TEST_CASE("a stream that is over before it is open ends behind what was said", "[event_stream]") {
  fixture on;
  client to;
  http::event_stream stream(on.streams);
  stream.say("data: 1\n\n");
  stream.finish();
  stream.opened(to);
  CHECK(to.text.ends_with("data: 1\n\n"));
  CHECK(to.is_ended);
  stream.closed(http::stream_end::by_us);
}

TEST_CASE("each of many streams has its heartbeat within the time, some at each turn", "[event_stream]") {
  fixture on;
  constexpr std::size_t count = 250;
  std::deque<client> clients(count);
  std::deque<http::event_stream> all;
  for (auto& to : clients) all.emplace_back(on.streams).opened(to);
  for (auto& to : clients) to.text.clear();
  const auto beaten = [&] { return std::ranges::count_if(clients, [](const auto& to) { return !to.text.empty(); }); };
  on.streams.beat();
  CHECK(beaten() == 3);  // of a hundred turns
  for (int turn = 1; turn < 100; ++turn) on.streams.beat();
  CHECK(beaten() == count);
  CHECK(clients[0].text.substr(0, 3) == ":\n\n");
  for (auto& each : all) each.closed(http::stream_end::by_client);
  clients[0].text.clear();
  on.streams.beat();
  CHECK(clients[0].text.empty());
}

TEST_CASE("streams come back at times of their own", "[event_stream]") {
  fixture on;
  std::set<std::string> times;
  for (int i = 0; i < 20; ++i) {
    client to;
    http::event_stream stream(on.streams);
    stream.opened(to);
    to.text.clear();
    stream.say_goodbye(to);
    CHECK(test::pattern("^" + retry_line + "$").first_in(to.text));
    times.insert(to.text);
    stream.closed(http::stream_end::by_us);
  }
  CHECK(times.size() > 10);
}

TEST_CASE("streams whose clients do not read are counted", "[event_stream]") {
  fixture on;
  client to;
  http::event_stream stream(on.streams);
  stream.opened(to);
  stream.closed(http::stream_end::not_read);
  CHECK(on.metrics.watchers_dropped.Value() == 1);
  stream.say("nobody hears this");
}

TEST_CASE("what a client heard last is a number, or nothing", "[event_stream]") {
  http::request asked(http::verb::get, "/", 11);
  CHECK_FALSE(http::last_event_id(asked));
  asked.set("Last-Event-ID", "1767225600000000");
  CHECK(http::last_event_id(asked) == 1767225600000000);
  for (const auto* nonsense : {"", "x", "7x", " 7 8", "99999999999999999999"}) {
    asked.set("Last-Event-ID", nonsense);
    CHECK_FALSE(http::last_event_id(asked));
  }
}
