// Who waits for a confirm, and for how long, with a broker that is played by the test.
#include "messaging/pending_publishes.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/metrics.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::messaging;
using namespace ticketd::test;
using namespace std::chrono_literals;

namespace {

publisher_settings one_order_a_message(async::breaker_settings breaker) {
  publisher_settings settings;
  settings.wait_max = 0us;
  settings.breaker = breaker;
  return settings;
}

struct publishes_to_a_silent_broker {
  explicit publishes_to_a_silent_broker(async::breaker_settings breaker)
      : publishes_to_a_silent_broker(one_order_a_message(breaker)) {}
  explicit publishes_to_a_silent_broker(const publisher_settings& settings)
      : pending(std::make_shared<pending_publishes>(io.get_executor(), settings, metrics)) {
    pending->send_to([this](outgoing_batch batch) { sent.push_back(batch.number); });
    report({.settled = {}, .is_ready = true});
  }
  ~publishes_to_a_silent_broker() { pending->close(); }

  void report(const publisher_notification& notification) { pending->on_notification(notification); }
  void confirm(std::uint64_t message) { report({{{message, delivery_outcome::taken}}, true}); }

  publish_outcome publish(std::chrono::milliseconds time_limit = 50ms) {
    return run_coroutine(io, pending->publish({}, deadline_in(time_limit)));
  }
  // Without waiting for the outcome, which is added to `heard` when there is one.
  void begin_to_publish(std::vector<publish_outcome>& heard) {
    const auto publish_one = [](auto& with, std::vector<publish_outcome>& outcomes) -> awaitable<> {
      domain::accepted_order order;
      const auto outcome = co_await with.publish(std::move(order), deadline_in(1h));
      outcomes.push_back(outcome);
    };
    async::spawn(io.get_executor(), "publish", publish_one(*pending, heard));
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
  // Until three buyers in a row have waited in vain.
  void hang() {
    for (int i = 0; i < 3; ++i) REQUIRE(publish() == publish_outcome::unknown);
  }

  asio::io_context io;
  observability::metrics metrics;
  std::vector<std::uint64_t> sent;
  std::shared_ptr<pending_publishes> pending;
};

constexpr async::breaker_settings once_and_for_all{.failures_max = 3, .open_for = 1h};
constexpr async::breaker_settings at_once_again{.failures_max = 3, .open_for = 0ms};

}  // namespace

TEST_CASE("after a few buyers who waited in vain for a confirm, the next are refused without waiting", "[publisher]") {
  publishes_to_a_silent_broker on(once_and_for_all);
  on.hang();
  CHECK(on.publish(1h) == publish_outcome::unreachable);
  CHECK(on.sent.size() == 3);
  CHECK(on.metrics.broker_breaker_state.Value() == 2);
}

TEST_CASE("a confirm, however late, or a rejection shows that the broker is back", "[publisher]") {
  publishes_to_a_silent_broker on(once_and_for_all);
  for (const auto outcome : {delivery_outcome::taken, delivery_outcome::not_taken, delivery_outcome::refused}) {
    on.hang();
    REQUIRE(on.publish(1h) == publish_outcome::unreachable);
    on.report({{{on.sent.back(), outcome}}, true});
    CHECK(on.publish() == publish_outcome::unknown);  // it was sent
    CHECK(on.metrics.broker_breaker_state.Value() == 0);
    on.confirm(on.sent.back());
  }
}

TEST_CASE("another connection to the broker starts afresh", "[publisher]") {
  publishes_to_a_silent_broker on(once_and_for_all);
  on.hang();
  on.report({{{1, delivery_outcome::unknown}, {2, delivery_outcome::unknown}, {3, delivery_outcome::unknown}}, false});
  CHECK(on.publish(1h) == publish_outcome::unreachable);
  on.report({{}, true});
  CHECK(on.publish() == publish_outcome::unknown);
  CHECK(on.sent.size() == 4);
}

TEST_CASE("while the broker hangs, one order at a time tries whether it still does", "[publisher]") {
  publishes_to_a_silent_broker on(at_once_again);
  on.hang();
  std::vector<publish_outcome> tried;
  on.begin_to_publish(tried);
  CHECK(on.publish(1h) == publish_outcome::unreachable);
  REQUIRE(on.sent.size() == 4);
  CHECK(tried.empty());

  on.confirm(4);
  CHECK(on.publish() == publish_outcome::unknown);
  CHECK(tried == std::vector{publish_outcome::confirmed});
}

TEST_CASE("an order that the broker refuses may yet be settled, so no refusal of it is certain", "[publisher]") {
  publishes_to_a_silent_broker on(once_and_for_all);
  std::vector<publish_outcome> heard;
  for (const auto outcome : {delivery_outcome::refused, delivery_outcome::not_taken}) {
    on.begin_to_publish(heard);
    on.report({.settled = {{on.sent.back(), outcome}}, .is_ready = true});
    on.poll();
  }
  CHECK(heard == std::vector{publish_outcome::refused, publish_outcome::unavailable});
}

TEST_CASE("a queue that is full is refused before anything is published", "[publisher]") {
  publisher_settings settings = one_order_a_message(once_and_for_all);
  settings.backlog_max = {.orders = 100, .bytes = 30'000};
  publishes_to_a_silent_broker on(settings);
  const auto queue_holds = [&](queue_backlog backlog) {
    on.report({.settled = {}, .is_ready = true, .backlog = backlog});
  };
  queue_holds({.orders = 99, .bytes = 29'999});
  CHECK(on.publish() == publish_outcome::unknown);      // it went out
  CHECK(on.publish() == publish_outcome::unavailable);  // with that one it is full, before the broker says so
  CHECK(on.sent.size() == 1);
  for (const auto full : {queue_backlog{100, 0}, queue_backlog{0, 30'000}}) {
    queue_holds(full);
    CHECK(on.publish() == publish_outcome::unavailable);
  }
  CHECK(on.sent.size() == 1);
  queue_holds({});
  CHECK(on.publish() == publish_outcome::unknown);
  CHECK(on.sent.size() == 2);
}

TEST_CASE("too many for the setting are too much, too many for slow confirms are for a quicker replica",
          "[publisher]") {
  publisher_settings settings = one_order_a_message(once_and_for_all);
  std::vector<publish_outcome> heard;
  SECTION("too many for the setting") {
    settings.in_flight_max = 1;
    publishes_to_a_silent_broker on(settings);
    on.begin_to_publish(heard);
    on.begin_to_publish(heard);
    CHECK(heard == std::vector{publish_outcome::unavailable});
  }
  SECTION("too many for slow confirms") {
    settings.in_flight_max = 200;
    publishes_to_a_silent_broker on(settings);
    for (int i = 0; i < 150; ++i) on.begin_to_publish(heard);
    CHECK(heard.empty());
    // The oldest's confirm takes longer than a quick broker's: half of 200 would do now.
    on.io.restart();
    on.io.run_until(deadline_in(600ms));
    on.begin_to_publish(heard);
    CHECK(heard == std::vector{publish_outcome::overloaded});
  }
}

TEST_CASE("what waits in the queue is known while the broker says so", "[publisher]") {
  publishes_to_a_silent_broker on(once_and_for_all);
  CHECK_FALSE(on.pending->backlog());
  on.report({.settled = {}, .is_ready = true, .backlog = queue_backlog{7, 2100}});
  REQUIRE(on.pending->backlog());
  CHECK(on.pending->backlog()->orders == 7);
  on.report({.settled = {}, .is_ready = false});
  CHECK_FALSE(on.pending->backlog());
}

TEST_CASE("a buyer whose time is over is told so, and their order not sent, however late the timers go off",
          "[publisher]") {
  publisher_settings settings;
  settings.wait_max = 10ms;
  publishes_to_a_silent_broker on(settings);
  std::vector<publish_outcome> first, heard;
  on.begin_to_publish(first);  // while its confirm is awaited, the next one waits for company
  REQUIRE(on.sent.size() == 1);
  const auto publish_one = [](auto& with, std::vector<publish_outcome>& outcomes) -> awaitable<> {
    domain::accepted_order order;
    const auto outcome = co_await with.publish(std::move(order), deadline_in(20ms));
    outcomes.push_back(outcome);
  };
  async::spawn(on.io.get_executor(), "publish", publish_one(*on.pending, heard));
  on.poll();
  const auto standstill_ends = std::chrono::steady_clock::now() + 25ms;
  while (std::chrono::steady_clock::now() < standstill_ends) continue;
  on.poll();
  CHECK(on.sent.size() == 1);
  CHECK(heard == std::vector{publish_outcome::unavailable});
}
