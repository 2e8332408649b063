// Publisher and consumer on a real RabbitMQ that is well.
#include "support/messaging.hpp"
#include "support/order_members.hpp"
#include "ticketd/async/spawn.hpp"

#include <algorithm>
#include <stdexcept>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;
using messaging::publish_outcome;

TEST_CASE_METHOD(messaging_fixture, "an order goes through the broker with all its fields", "[messaging]") {
  const auto publisher = make_publisher();
  const auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    auto order = order_number(3);
    order.buyer.name =
        "Gr\xc3\xa2"
        "ce \"O'\\Hopper\"";
    order.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto outcome = co_await publisher->publish(order, deadline_in(5s));
    CHECK(outcome == publish_outcome::confirmed);

    const messaging::order_batch batch = co_await consumer->next();
    REQUIRE(batch.orders.size() == 1);
    check_version_1_members(batch.orders[0], order);
    CHECK(batch.orders[0].traceparent == order.traceparent);
    co_await expect_acknowledged(*consumer, batch, true);
  }());
  CHECK(metrics.orders_published.Value() == 1);
  CHECK(metrics.in_flight_orders.Value() == 0);
}

TEST_CASE_METHOD(messaging_fixture, "orders that come together share messages and keep their order", "[messaging]") {
  constexpr int orders = 5000;
  const auto publisher = make_publisher();
  const auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    std::vector<publish_outcome> outcomes;
    for (int n = 1; n <= orders; ++n) spawn_publish(*publisher, n, deadline_in(10s), outcomes);
    co_await expect_orders(*consumer, numbers_from_1_to(orders));
    co_await eventually([&] { return outcomes.size() == orders; });
    CHECK(std::count(outcomes.begin(), outcomes.end(), publish_outcome::confirmed) == orders);
  }());
  const auto messages = metrics.publish_batch_orders.Collect().histogram.sample_count;
  CHECK(messages < orders / 20);
}

TEST_CASE_METHOD(messaging_fixture, "buyers in a closed loop share messages of dozens", "[messaging]") {
  const auto publisher = make_publisher();
  int confirmed = 0;
  int running = 0;
  const auto buy_again_and_again = [&](int n) -> awaitable<> {
    ++running;
    for (int i = 0; i < 20; ++i)
      if (co_await publisher->publish(order_number(n), deadline_in(10s)) == publish_outcome::confirmed) ++confirmed;
    --running;
  };
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    for (int n = 1; n <= 400; ++n) async::spawn(io.get_executor(), "buy_again_and_again", buy_again_and_again(n));
    co_await eventually([&] { return running == 0; });
  }());
  CHECK(confirmed == 400 * 20);
  const auto messages = metrics.publish_batch_orders.Collect().histogram.sample_count;
  CHECK(messages < 400 * 20 / 24);
}

TEST_CASE_METHOD(messaging_fixture, "an order that no queue takes is not confirmed, and the binding is repaired",
                 "[messaging]") {
  const auto publisher = make_publisher();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    raw_broker().unbind_orders();
    co_await expect_outcome(*publisher, 1, 5s, publish_outcome::unavailable);
    co_await publish_until_confirmed(*publisher, 2);
  }());
  CHECK(raw_broker().messages_in(the_queue.queue) == 1);
}

TEST_CASE_METHOD(messaging_fixture, "a full queue is not confirmed", "[messaging]") {
  auto settings = publisher_settings();
  settings.queue.length_max = 5;
  {
    const auto publisher = make_publisher(settings);
    run_coroutine(io, [&]() -> awaitable<> {
      co_await eventually([&] { return publisher->is_ready(); });
      int taken = 0;
      for (;;) {
        const auto outcome = co_await publisher->publish(order_number(1), deadline_in(5s));
        if (outcome != publish_outcome::confirmed) break;
        ++taken;
      }
      CHECK(metrics.orders_unavailable.Value() == 1);
      CHECK(taken >= 5);
      CHECK(taken <= 50);  // a quorum queue tells its channels late
    }());
  }
  raw_broker().forget_everything();
}

TEST_CASE_METHOD(messaging_fixture, "a malformed order goes to the dead letters alone, with its reason",
                 "[messaging]") {
  const auto consumer = make_consumer();
  raw_broker raw;
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready(); });
    auto body = messaging::make_dead_letter(order_number(1), "").body;
    const auto second = messaging::make_dead_letter(order_number(2), "").body;
    const auto bad = R"({"id":"not one"})";
    body = body.substr(0, body.size() - 2) + "," + bad + "," + second.substr(second.find(R"({"id")"));
    raw.publish(body);
    raw.publish("not even JSON");

    std::vector<int> orders;
    std::size_t malformed = 0;
    while (orders.size() < 2 || malformed < 2) {
      const messaging::order_batch batch = co_await consumer->next();
      for (const auto n : numbers_of(batch.orders)) orders.push_back(n);
      malformed += batch.malformed.size();
      std::vector<messaging::dead_letter> undecidable;
      if (!batch.orders.empty()) undecidable.push_back(messaging::make_dead_letter(batch.orders[0], "no such event"));
      const bool is_acknowledged = co_await consumer->acknowledge(batch, std::move(undecidable));
      CHECK(is_acknowledged);
    }
    CHECK(orders == std::vector{1, 2});
    CHECK(metrics.orders_dead_lettered.Value() == 3);

    CHECK(raw.messages_in(the_queue.queue) == 0);
    std::vector<std::string> letters;
    while (const auto letter = raw.take_from(the_queue.dead_queue))
      letters.push_back(letter->reason + ": " + letter->body);
    std::sort(letters.begin(), letters.end());
    REQUIRE(letters.size() == 3);
    CHECK(letters[0] == R"(id is not a UUID: {"version":2,"orders":[{"id":"not one"}]})");
    CHECK(letters[1] == "no such event: " + messaging::make_dead_letter(order_number(1), "").body);
    CHECK(letters[2].ends_with("not even JSON"));
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a message of an unknown version ends the consuming, and a standby takes over",
                 "[messaging]") {
  const auto older = make_consumer();
  raw_broker raw;
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return older->is_ready(); });
    const std::string newer_form = R"({"version":3,"rows":["in a form of its own"]})";
    raw.publish(messaging::make_dead_letter(order_number(1), "").body);
    raw.publish(newer_form);
    raw.publish(messaging::make_dead_letter(order_number(2), "").body);

    const messaging::order_batch before = co_await older->next();
    CHECK(numbers_of(before.orders) == std::vector{1});
    co_await eventually([&] { return !older->is_ready(); });
    CHECK(metrics.messages_of_unknown_version.Value() == 1);
    CHECK(raw.messages_in(the_queue.queue) == 0);  // it still holds the queue, for what it has in hand
    co_await expect_acknowledged(*older, before, true);

    // Its connection is closed: the rest goes to whoever stands by, and is neither lost nor dead-lettered.
    co_await eventually([&] { return raw.messages_in(the_queue.queue) == 2; });
    const auto standby = make_consumer();
    co_await eventually([&] { return metrics.messages_of_unknown_version.Value() == 2; });
    co_await eventually([&] { return raw.messages_in(the_queue.queue) == 2; });
    CHECK_FALSE(standby->is_ready());
    CHECK(raw.messages_in(the_queue.dead_queue) == 0);
    CHECK_FALSE(older->is_ready());
  }());
}

TEST_CASE_METHOD(messaging_fixture, "nothing is acknowledged that the dead letters did not take", "[messaging]") {
  const auto consumer = make_consumer();
  raw_broker raw;
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready(); });
    raw.publish("not JSON");
    const messaging::order_batch first = co_await consumer->next();
    raw.delete_queue(the_queue.dead_queue);
    co_await expect_acknowledged(*consumer, first, false);

    const messaging::order_batch again = co_await consumer->next();
    CHECK(again.connection != first.connection);
    co_await expect_acknowledged(*consumer, again, true);
    CHECK(raw.take_from(the_queue.dead_queue)->body == "not JSON");
  }());
}

TEST_CASE_METHOD(messaging_fixture, "what a consumer leaves unacknowledged comes again, in order", "[messaging]") {
  const auto publisher = make_publisher();
  auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    std::vector<publish_outcome> outcomes;
    for (int n = 1; n <= 300; ++n) spawn_publish(*publisher, n, deadline_in(10s), outcomes);
    co_await eventually([&] { return outcomes.size() == 300; });
    const messaging::order_batch lost = co_await consumer->next();
    CHECK_FALSE(lost.orders.empty());
    consumer = make_consumer();
    co_await expect_orders(*consumer, numbers_from_1_to(300));
  }());
}

TEST_CASE_METHOD(messaging_fixture, "messages that have no room come by the next connection, each once and in order",
                 "[messaging]") {
  constexpr int orders = 4000;
  constexpr int orders_a_message = 40;
  auto settings = consumer_settings();
  settings.batch_max = 100;
  settings.bytes_max = 64 * 1024;  // of 1.2 MB
  const auto consumer = make_consumer(settings);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready(); });
    raw_broker raw;
    for (int first = 1; first <= orders; first += orders_a_message) {
      std::string body;
      for (int n = first; n < first + orders_a_message; ++n) {
        const auto one = messaging::make_dead_letter(order_number(n), "").body;
        body += body.empty() ? one.substr(0, one.size() - 2) : "," + one.substr(one.find(R"({"id")"));
        if (n > first) body.resize(body.size() - 2);
      }
      raw.publish(body + "]}");
    }
    co_await expect_orders(*consumer, numbers_from_1_to(orders));
    CHECK(raw.messages_in(the_queue.queue) == 0);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a second consumer stands by, and takes over", "[messaging]") {
  const auto publisher = make_publisher();
  auto first = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && first->is_ready(); });
    const auto second = make_consumer();
    co_await eventually([&] { return second->is_ready(); });
    std::vector<int> by_second;
    async::spawn(io.get_executor(), "second consumer", [&]() -> awaitable<> {
      const messaging::order_batch batch = co_await second->next();
      by_second = numbers_of(batch.orders);
    });
    co_await expect_confirmed(*publisher, 1);
    co_await expect_orders(*first, numbers(1));
    CHECK(by_second.empty());
    first.reset();
    co_await expect_confirmed(*publisher, 2);
    co_await eventually([&] { return by_second == std::vector{2}; });
  }());
}

TEST_CASE_METHOD(messaging_fixture, "only the consumer that deliveries come to knows that none waits", "[messaging]") {
  const auto publisher = make_publisher();
  const auto first = make_consumer();
  const auto second = make_consumer();
  int ended = 0;
  const auto settle_until_stopped = [&ended](messaging::order_consumer& consumer) -> awaitable<> {
    for (;;) {
      const messaging::order_batch batch = co_await consumer.next();
      if (batch.orders.empty()) break;
      const bool is_acknowledged = co_await consumer.acknowledge(batch, {});
      CHECK(is_acknowledged);
    }
    ++ended;
  };
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && first->is_ready() && second->is_ready(); });
    async::spawn(io.get_executor(), "first", settle_until_stopped(*first));
    async::spawn(io.get_executor(), "second", settle_until_stopped(*second));
    co_await expect_confirmed(*publisher, 1);
    co_await eventually([&] { return first->drained_at() || second->drained_at(); });
    const auto heard_at = first->drained_at() ? first->drained_at() : second->drained_at();
    // As often as the other one has asked the broker since.
    co_await eventually([&] {
      const auto last = first->drained_at() ? first->drained_at() : second->drained_at();
      return *last - *heard_at > std::chrono::milliseconds(300);
    });
    CHECK(first->is_active() != second->is_active());
    CHECK(first->drained_at().has_value() == first->is_active());
    CHECK(second->drained_at().has_value() == second->is_active());
    first->stop();
    second->stop();
    co_await eventually([&] { return ended == 2; });
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a consumer whose queue is deleted starts again on a new one", "[messaging]") {
  const auto publisher = make_publisher();
  const auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    raw_broker().delete_queue(the_queue.queue);
    co_await eventually([&] { return !consumer->is_ready(); });
    co_await eventually([&] { return consumer->is_ready(); });
    co_await publish_until_confirmed(*publisher, 1);
    co_await expect_orders(*consumer, numbers(1));
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a stopped consumer hands out an empty batch, and leaves the rest", "[messaging]") {
  auto consumer = make_consumer();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return consumer->is_ready(); });
    async::spawn(io.get_executor(), "stop", [&]() -> awaitable<> {
      consumer->stop();
      co_return;
    });
    const messaging::order_batch when_stopped = co_await consumer->next();
    CHECK(when_stopped.orders.empty());
    raw_broker broker;  // whose connection stays: what it has sent is taken in before it asks for the count
    broker.publish(messaging::make_dead_letter(order_number(1), "").body);
    const messaging::order_batch later = co_await consumer->next();
    CHECK(later.orders.empty());
    consumer.reset();
    co_await eventually([&] { return broker.messages_in(the_queue.queue) == 1; });
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a draining publisher sends what waits, and takes nothing new", "[messaging]") {
  const auto publisher = make_publisher();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    std::vector<publish_outcome> outcomes;
    for (int n = 1; n <= 250; ++n) spawn_publish(*publisher, n, deadline_in(10s), outcomes);
    co_await eventually([&] { return metrics.in_flight_orders.Value() > 0; });
    co_await publisher->drain(deadline_in(10s));
    CHECK(metrics.in_flight_orders.Value() == 0);
    co_await expect_outcome(*publisher, 1, 5s, publish_outcome::unreachable);
    co_await eventually([&] { return outcomes.size() == 250; });
    CHECK(std::count(outcomes.begin(), outcomes.end(), publish_outcome::confirmed) == 250);
  }());
}

TEST_CASE_METHOD(messaging_fixture, "the queue's depth is given in orders", "[messaging]") {
  const auto publisher = make_publisher();
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return publisher->is_ready(); });
    co_await expect_confirmed(*publisher, 1);
    co_await eventually([&] { return metrics.queue_depth_orders.Value() == 1; });
  }());
}

TEST_CASE_METHOD(messaging_fixture, "a bad URL is refused before anything is opened", "[messaging]") {
  auto settings = publisher_settings();
  settings.broker.url = "http://u:secret@127.0.0.1";
  CHECK_THROWS_AS(make_publisher(settings), std::invalid_argument);
}
