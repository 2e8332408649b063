// Watching an order through the endpoint table, in process.
#include "fakes/in_process_api.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/stream.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;
using http::verb;
using test::json_of;

namespace {

struct client final : http::stream_writer {
  std::string text;
  bool is_ended = false;
  void write(std::string_view more) override { text += more; }
  void end() override { is_ended = true; }
};

struct fixture : test::in_process_api {
  domain::order_id id = mint.mint_random({});
  std::string path = "/api/v1/orders/" + id.to_string();
  int second = 0;

  void settle(order_status status, bool is_charge_open = false) {
    database.orders.settled.clear();
    domain::order_view order;
    order.id = id;
    order.status = status;
    order.is_charge_open = is_charge_open;
    order.updated_at = domain::timestamp(std::chrono::seconds(++second));
    database.orders.settled.push_back(order);
  }

  void tell() { watch.watchers().tell(database.orders.settled.front()); }

  http::response watch_order(const std::optional<std::string>& last_event_id = {}) {
    return with(verb::get, path + "/events", "Last-Event-ID", last_event_id);
  }

  http::response with(verb method, const std::string& target, const std::string& name,
                      const std::optional<std::string>& value) {
    http::request request(method, target, 11);
    if (value) request.set(name, *value);
    return test::run_coroutine(io, dispatcher.handle(std::move(request)));
  }

  // A read that waits, under way.
  std::optional<http::response> waited;
  void begin_wait(const std::string& preference = "wait=20") {
    http::request request(verb::get, path, 11);
    request.set("Prefer", preference);
    database.orders.asked.clear();
    io.restart();
    async::spawn(io.get_executor(), "wait", [this, asked = std::move(request)]() mutable -> awaitable<> {
      auto answer = co_await dispatcher.handle(std::move(asked));
      waited = std::move(answer);
    });
    test::run_until(io, [&] { return room.waits() == 1 && !database.orders.asked.empty(); });
    for (int i = 0; i < 100; ++i) io.poll_one();  // until it waits
  }
  void run_until_answered() {
    test::run_until(io, [&] { return waited.has_value(); });
  }
};

// What is heard, but for when to come back.
std::vector<std::string> events_in(const std::string& text) {
  std::vector<std::string> events;
  for (std::size_t at = 0; (at = text.find("event: order\n", at)) != std::string::npos; ++at)
    events.push_back(text.substr(at, text.find("\n\n", at) - at));
  return events;
}

}  // namespace

TEST_CASE("a stream says at once what the order is, then each change, and ends with the last", "[live]") {
  fixture on;
  auto answer = on.watch_order();
  CHECK(answer.result() == http::status::ok);
  CHECK(answer[http::field::content_type] == "text/event-stream");
  CHECK(answer[http::field::cache_control] == "no-store");
  CHECK(answer["X-Accel-Buffering"] == "no");
  REQUIRE(answer.stream);
  client to;
  answer.stream->opened(to);
  CHECK(events_in(to.text) == std::vector<std::string>{"event: order\nid: 0\ndata: {\"id\":\"" + on.id.to_string() +
                                                       "\",\"status\":\"queued\"}"});
  on.settle(order_status::reserved);
  on.tell();
  on.tell();
  on.settle(order_status::confirmed);
  on.tell();
  const auto events = events_in(to.text);
  REQUIRE(events.size() == 3);
  CHECK(events[1].starts_with("event: order\nid: 1000000\ndata: {"));
  CHECK(events[1].find("\"status\":\"reserved\"") != std::string::npos);
  CHECK(events[2].starts_with("event: order\nid: 2000000\n"));
  CHECK(to.is_ended);
  answer.stream->closed(http::stream_end::by_us);
  CHECK(on.room.taken() == 1);
  answer.stream.reset();
  CHECK(on.room.taken() == 0);
}

TEST_CASE("who comes back hears nothing twice, and what he has missed", "[live]") {
  fixture on;
  on.settle(order_status::reserved);
  client to;
  auto same = on.watch_order("1000000");
  REQUIRE(same.stream);
  same.stream->opened(to);
  CHECK(events_in(to.text).empty());
  on.settle(order_status::confirmed);
  on.tell();
  CHECK(events_in(to.text).size() == 1);
  CHECK(to.is_ended);
  same.stream->closed(http::stream_end::by_us);

  client later;
  auto missed = on.watch_order("1000000");
  REQUIRE(missed.stream);
  missed.stream->opened(later);
  CHECK(events_in(later.text).size() == 1);
  CHECK(later.is_ended);
  missed.stream->closed(http::stream_end::by_us);
}

TEST_CASE("who has heard the last of it is told not to come back", "[live]") {
  fixture on;
  on.settle(order_status::confirmed);
  CHECK(on.watch_order("1000000").result() == http::status::no_content);
  CHECK(on.room.taken() == 0);
  for (const auto* other : {"999999", "1000001", "0", "x", ""}) CHECK(on.watch_order(other).result_int() == 200);

  on.settle(order_status::expired, true);
  CHECK(on.watch_order("2000000").result() == http::status::ok);  // its charge is in doubt
  on.database.orders.settled.front().is_charge_open = false;
  CHECK(on.watch_order("2000000").result() == http::status::no_content);
}

TEST_CASE("a change that comes while the stream is being opened is not lost", "[live]") {
  fixture on;
  auto answer = on.watch_order();
  on.settle(order_status::confirmed);
  on.tell();  // before its head is sent
  client to;
  answer.stream->opened(to);
  const auto events = events_in(to.text);
  REQUIRE(events.size() == 1);
  CHECK(events[0].find("confirmed") != std::string::npos);
  CHECK(to.is_ended);
  answer.stream->closed(http::stream_end::by_us);
}

TEST_CASE("a stream of nobody's order, or of one that cannot be read, is a problem, and takes no place", "[live]") {
  fixture on;
  CHECK(on.ask(verb::get, "/api/v1/orders/7/events").result_int() == 404);
  CHECK(on.ask(verb::get, "/api/v1/orders/6f0c8a52-1f3e-8b7a-9c1d-000102030405/events").result_int() == 404);
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(on.watch_order().result_int() == 503);
  CHECK(on.room.taken() == 0);
  CHECK(on.ask(verb::post, on.path + "/events").result_int() == 405);
  CHECK(on.ask(verb::options, on.path + "/events")[http::field::allow] == "GET, HEAD, OPTIONS");
}

TEST_CASE("who finds no place to watch is told when to come again, and buys all the same", "[live]") {
  fixture on;
  std::vector<http::response> watching;
  for (std::size_t i = 0; i < test::watchers_max; ++i) watching.push_back(on.watch_order());
  const auto refused = on.watch_order();
  CHECK(refused.result_int() == 503);
  CHECK(refused.count(http::field::retry_after) == 1);
  CHECK(on.with(verb::get, on.path, "Prefer", "wait=20").result_int() == 503);
  CHECK(on.ask(verb::get, "/api/v1/events/gig/availability/events").result_int() == 503);
  CHECK(on.ask(verb::get, on.path).result_int() == 200);
  CHECK(on.ask(verb::post, "/api/v1/orders", test::purchase_body).result_int() == 202);
  watching.pop_back();
  CHECK(on.watch_order().result_int() == 200);
}

TEST_CASE("a read that waits is answered the moment that the order changes", "[live]") {
  fixture on;
  on.begin_wait();
  CHECK_FALSE(on.waited);
  on.settle(order_status::reserved);
  on.tell();
  on.run_until_answered();
  CHECK(json_of(*on.waited).at("status").as_string() == "reserved");
  CHECK((*on.waited)["Preference-Applied"] == "wait=20");
  CHECK(on.room.taken() == 0);
}

TEST_CASE("a read that waits is answered when its time is over, with the order as it is", "[live]") {
  fixture on;
  on.begin_wait("wait=1");
  const auto began = std::chrono::steady_clock::now();
  on.run_until_answered();
  CHECK(std::chrono::steady_clock::now() - began > 500ms);
  CHECK(json_of(*on.waited).at("status").as_string() == "queued");
  CHECK((*on.waited)["Preference-Applied"] == "wait=1");
}

TEST_CASE("nobody waits for what cannot change, nor for longer than is offered, nor against a drain", "[live]") {
  fixture on;
  on.settle(order_status::confirmed);
  const auto last = on.with(verb::get, on.path, "Prefer", "wait=3600");
  CHECK(json_of(last).at("status").as_string() == "confirmed");
  CHECK(last["Preference-Applied"] == "wait=20");
  const auto plain = on.with(verb::get, on.path, "Prefer", "wait=0");
  CHECK(plain.count("Preference-Applied") == 0);
  CHECK(on.ask(verb::get, "/api/v1/orders/7").count("Preference-Applied") == 0);
  on.settle(order_status::reserved);
  on.begin_wait();
  on.watch.watchers().let_all_go();
  on.run_until_answered();
  CHECK(json_of(*on.waited).at("status").as_string() == "reserved");
}

TEST_CASE("a read that waits says nothing of how long the others take", "[live]") {
  fixture on;
  on.settle(order_status::confirmed);
  CHECK(on.with(verb::get, on.path, "Prefer", "wait=20").result_int() == 200);
  CHECK(on.metrics.to_text().find("route=\"/api/v1/orders/{order_id} (waited)\"") != std::string::npos);
  CHECK(on.metrics.to_text().find("route=\"/api/v1/orders/{order_id}\"") == std::string::npos);
}
