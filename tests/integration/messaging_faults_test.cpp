// Publisher and consumer while the broker stops, starts, freezes and thaws. Every one of these ends by showing that
// orders go through again.
#include "support/fake_names.hpp"
#include "support/messaging.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <string>
#include <utility>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;
using messaging::publish_outcome;
using clock_type = std::chrono::steady_clock;

namespace {

// Far longer than what is done at once takes on a busy machine, and far from the five seconds that there would be.
constexpr auto at_once = 2s;

struct paused_broker : scoped_fault {
  paused_broker() : scoped_fault("pause", "rabbitmq", "resume") {}
};

}  // namespace

TEST_CASE_METHOD(messaging_fixture, "without a broker publishing is refused at once, and comes back by itself",
                 "[messaging][fault]") {
  const auto publisher = make_publisher();
  const auto consumer = make_consumer();
  run_coroutine(
      io,
      [&]() -> awaitable<> {
        co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
        co_await expect_confirmed(*publisher, 1);
        const messaging::order_batch held = co_await consumer->next();
        CHECK(numbers_of(held.orders) == std::vector{1});

        lab("stop", "rabbitmq");
        co_await eventually([&] { return !publisher->is_ready() && !consumer->is_ready(); });
        const auto asked_at = clock_type::now();
        co_await expect_outcome(*publisher, 2, 5s, publish_outcome::unreachable);
        CHECK(clock_type::now() - asked_at < at_once);
        co_await expect_acknowledged(*consumer, held, false);

        lab("start", "rabbitmq");
        co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
        co_await expect_confirmed(*publisher, 3);
        co_await expect_orders(*consumer, numbers(1, 3));
      }(),
      120s);
}

TEST_CASE_METHOD(messaging_fixture, "an order whose confirm does not come is unknown at its deadline, and settled once",
                 "[messaging][fault]") {
  const auto publisher = make_publisher();
  const auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    paused_broker broker;
    const auto asked_at = clock_type::now();
    co_await expect_outcome(*publisher, 1, 500ms, publish_outcome::unknown);
    CHECK(clock_type::now() - asked_at < 500ms + at_once);
    CHECK(metrics.in_flight_orders.Value() == 1);  // abandoned, not forgotten
    broker.mend();
    co_await expect_confirmed(*publisher, 2);
    co_await expect_orders(*consumer, numbers(1, 2));
    CHECK(metrics.in_flight_orders.Value() == 0);
    CHECK(raw_broker().messages_in(the_queue.queue) == 0);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "an order that runs out of time before it is sent never goes out",
                 "[messaging][fault]") {
  auto settings = publisher_settings();
  settings.wait_max = 2s;
  const auto publisher = make_publisher(settings);
  const auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    paused_broker broker;
    std::vector<publish_outcome> outcomes;
    spawn_publish(*publisher, 1, deadline_in(10s), outcomes);
    co_await eventually([&] { return metrics.in_flight_orders.Value() == 1; });
    co_await expect_outcome(*publisher, 2, 200ms, publish_outcome::unavailable);
    broker.mend();
    co_await expect_confirmed(*publisher, 3);
    co_await expect_orders(*consumer, numbers(1, 3));
    CHECK(outcomes == std::vector{publish_outcome::confirmed});
    CHECK(metrics.in_flight_orders.Value() == 0);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "no more than in_flight_max orders wait, those given up included",
                 "[messaging][fault]") {
  auto settings = publisher_settings();
  settings.in_flight_max = 3;
  const auto publisher = make_publisher(settings);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    paused_broker broker;
    for (int n = 1; n <= 3; ++n) co_await expect_outcome(*publisher, n, 500ms, publish_outcome::unknown);
    const auto asked_at = clock_type::now();
    co_await expect_outcome(*publisher, 4, 5s, publish_outcome::unavailable);
    CHECK(clock_type::now() - asked_at < at_once);
    broker.mend();
    co_await eventually([&] { return metrics.in_flight_orders.Value() == 0; });
    co_await expect_confirmed(*publisher, 5);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "under a memory alarm dead letters hold up nobody's acknowledgement",
                 "[messaging][fault]") {
  constexpr int orders = 200;
  constexpr int unreadable = 40;
  auto settings = consumer_settings();
  settings.batch_max = 10;  // so that many batches have a dead letter
  auto consumer = make_consumer(settings);
  const auto publisher = make_publisher();
  const auto body = [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready() && publisher->is_ready(); });
    raw_broker raw;
    for (int n = 1; n <= orders; ++n) {
      if (n % (orders / unreadable) == 0) raw.publish("not JSON " + std::to_string(n));
      raw.publish(messaging::make_dead_letter(order_number(n), "").body);
    }
    memory_alarm alarm;
    const auto began = clock_type::now();
    co_await expect_orders(*consumer, numbers_from_1_to(orders));
    // Nothing stays behind, though the broker takes in next to nothing: of the alarm's own connection one letter.
    raw_broker observer;
    co_await eventually([&] { return observer.messages_in(the_queue.dead_queue) == unreadable; });
    CHECK(clock_type::now() - began < 10s);
    CHECK(metrics.orders_dead_lettered.Value() == unreadable);
    consumer.reset();
    CHECK(observer.messages_in(the_queue.queue) == 0);

    // Afterwards a dead letter has its reason again.
    alarm.put_back();
    consumer = make_consumer();
    co_await eventually([&] { return consumer->is_ready() && publisher->is_ready(); });
    co_await expect_confirmed(*publisher, 1);
    co_await expect_orders(*consumer, numbers(1));
    raw_broker other;  // it stays until the message has arrived
    other.publish("the last");
    const messaging::order_batch last = co_await consumer->next();
    co_await expect_acknowledged(*consumer, last, true);
    raw_message letter;
    int without_reason = 0;
    while (const auto each = observer.take_from(the_queue.dead_queue)) {
      letter = *each;
      if (letter.reason.empty()) ++without_reason;
    }
    CHECK(without_reason > 0);  // set aside by the broker
    CHECK(letter.body == "the last");
    CHECK(letter.reason.starts_with("not JSON"));
  };
  run_coroutine(io, body(), 120s);
}

TEST_CASE_METHOD(messaging_fixture, "a batch in hand that outlasts the broker's time limit comes again, once",
                 "[messaging][fault]") {
  const broker_setting short_limit(
      "eval 'application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, "
      "200).'",
      "eval 'application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, "
      "channel_tick_interval, "
      "60000).'");
  const auto consumer = make_consumer();
  const auto body = [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready(); });
    raw_broker raw;
    raw.publish(messaging::make_dead_letter(order_number(1), "").body);
    const messaging::order_batch held = co_await consumer->next();
    raw.publish(messaging::make_dead_letter(order_number(2), "").body);
    co_await eventually([&] { return !consumer->is_ready(); });
    // Both wait in the queue, for whoever asks, and are not taken out of it to no purpose: each time would be a
    // delivery.
    co_await eventually([&] { return raw.messages_in(the_queue.queue) == 2; });
    asio::steady_timer twice_the_limit(io, 2s);
    co_await twice_the_limit.async_wait(asio::use_awaitable);
    CHECK_FALSE(consumer->is_ready());
    CHECK(raw.messages_in(the_queue.queue) == 2);
    co_await expect_acknowledged(*consumer, held, false);
    co_await expect_orders(*consumer, numbers(1, 2));
    CHECK(raw.messages_in(the_queue.dead_queue) == 0);
  };
  run_coroutine(io, body(), 60s);
}

TEST_CASE_METHOD(messaging_fixture, "a frozen broker is noticed by its heartbeats", "[messaging][fault]") {
  auto settings = publisher_settings();
  settings.broker.limits.heartbeat = 1s;
  const auto publisher = make_publisher(settings);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    paused_broker broker;
    co_await expect_outcome(*publisher, 1, 15s, publish_outcome::unknown);
    co_await eventually([&] { return !publisher->is_ready(); });
    broker.mend();
    co_await eventually([&] { return publisher->is_ready(); });
    co_await expect_confirmed(*publisher, 2);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "of a broker's addresses one that says nothing is not the first again",
                 "[messaging][fault]") {
  const fake_name name("broker.test", {"127.0.0.2", "127.0.0.1"});
  auto settings = publisher_settings();
  const auto broker = messaging::parse_broker_url(settings.broker.url);
  const auto port = static_cast<std::uint16_t>(broker.port);
  // Its backlog takes the connection, and nobody reads.
  const asio::ip::tcp::acceptor silent(io, {asio::ip::make_address("127.0.0.2"), port});
  settings.broker.url.replace(settings.broker.url.find(broker.host + ":"), broker.host.size(), "broker.test");
  settings.broker.limits.handshake = 200ms;
  const auto publisher = make_publisher(settings);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    co_await expect_confirmed(*publisher, 1);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a broker that takes no bytes holds up neither buyers nor the end",
                 "[messaging][fault]") {
  auto settings = publisher_settings();
  settings.in_flight_max = 100'000;
  auto publisher = make_publisher(settings);
  auto consumer = make_consumer();
  std::vector<publish_outcome> outcomes;
  constexpr std::size_t orders = 30'000;  // some 13 MB: more than the sockets between us hold
  const auto spawn_orders = [&](std::size_t count, deadline until) {
    auto large = order_number(1);
    large.buyer.name = std::string(200, 'a');
    large.buyer.email = std::string(200, 'a');
    for (std::size_t n = 0; n < count; ++n) spawn_publish(*publisher, large, until, outcomes);
  };
  const auto body = [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    paused_broker broker;
    spawn_orders(orders, deadline_in(1s));
    co_await eventually([&] { return outcomes.size() == orders; }, 60s);
    spawn_orders(1, deadline_in(1h));
    co_await eventually([&] { return metrics.in_flight_orders.Value() > 0; });
    const auto ended_at = clock_type::now();
    publisher.reset();
    consumer.reset();
    CHECK(clock_type::now() - ended_at < 4s);
    co_await eventually([&] { return outcomes.size() == orders + 1; });
    CHECK(std::count(outcomes.begin(), outcomes.end(), publish_outcome::confirmed) == 0);
    CHECK(std::count(outcomes.begin(), outcomes.end(), publish_outcome::unknown) > 0);
  };
  run_coroutine(io, body(), 120s);
  publisher = make_publisher();
  const auto again = [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    co_await expect_confirmed(*publisher, 2);
  };
  run_coroutine(io, again());
}
