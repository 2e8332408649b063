// What the messaging tests share: a fresh pair of queues, orders that can be told apart, and waiting for a condition.
#pragma once

#include "support/catch2.hpp"
#include "support/raw_broker.hpp"
#include "support/run_coroutine.hpp"
#include "support/servers.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace ticketd::test {

// The n-th order: its quantity is n.
inline domain::accepted_order order_number(int n) {
  domain::accepted_order order;
  domain::order_id::bytes id{};
  id[14] = static_cast<std::uint8_t>(n >> 8);
  id[15] = static_cast<std::uint8_t>(n);
  order.id = domain::order_id(id);
  order.event_id = "tarkan-2027";
  order.category_id = "standing";
  order.quantity = n;
  order.buyer = {"Ada", "ada@example.com"};
  order.accepted_at = domain::timestamp(std::chrono::microseconds(1'800'000'000'000'123));
  return order;
}

inline std::vector<int> numbers_of(const std::vector<domain::accepted_order>& orders) {
  std::vector<int> result;
  for (const auto& order : orders) result.push_back(order.quantity);
  return result;
}

template <class... Number>
std::vector<int> numbers(Number... each) {
  return {each...};
}

inline std::vector<int> numbers_from_1_to(int last) {
  std::vector<int> result;
  for (int n = 1; n <= last; ++n) result.push_back(n);
  return result;
}

inline awaitable<> eventually(std::function<bool()> is_so, std::chrono::seconds limit = std::chrono::seconds(20)) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto end = deadline_in(limit);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) FAIL("it did not come to pass");
    timer.expires_after(std::chrono::milliseconds(10));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

struct messaging_fixture {
  // Declared before whoever posts to it, so it is the last to go.
  asio::io_context io;
  observability::metrics metrics;

  messaging_fixture() { raw_broker().forget_everything(); }

  messaging::publisher_settings publisher_settings() const {
    messaging::publisher_settings settings;
    settings.broker.url = required_variable("TICKETD_TEST_AMQP_URL");
    settings.broker.instance = "test";
    return settings;
  }

  std::unique_ptr<messaging::order_publisher> make_publisher() { return make_publisher(publisher_settings()); }
  std::unique_ptr<messaging::order_publisher> make_publisher(messaging::publisher_settings settings) {
    return messaging::make_order_publisher(io.get_executor(), settings, metrics);
  }

  messaging::consumer_settings consumer_settings() const {
    messaging::consumer_settings settings;
    settings.broker.url = required_variable("TICKETD_TEST_AMQP_URL");
    settings.broker.instance = "test";
    return settings;
  }

  std::unique_ptr<messaging::order_consumer> make_consumer() { return make_consumer(consumer_settings()); }
  std::unique_ptr<messaging::order_consumer> make_consumer(messaging::consumer_settings settings) {
    return messaging::make_order_consumer(io.get_executor(), settings, metrics);
  }

  // Publishes without waiting; the outcome appears in `outcomes`.
  void spawn_publish(messaging::order_publisher& publisher, domain::accepted_order order, deadline until,
                     std::vector<messaging::publish_outcome>& outcomes) {
    const auto publish = [](auto& to, domain::accepted_order what, deadline end, auto& results) -> awaitable<> {
      results.push_back(co_await to.publish(std::move(what), end));
    };
    async::spawn(io.get_executor(), "publish", publish(publisher, std::move(order), until, outcomes));
  }
  void spawn_publish(messaging::order_publisher& publisher, int n, deadline until,
                     std::vector<messaging::publish_outcome>& outcomes) {
    spawn_publish(publisher, order_number(n), until, outcomes);
  }
};

// A co_await does not stand inside CHECK(): GCC 12 has no place for the macro's strings in a coroutine's frame.

inline awaitable<> expect_outcome(messaging::order_publisher& publisher, int n, std::chrono::milliseconds span,
                                  messaging::publish_outcome expected) {
  const auto outcome = co_await publisher.publish(order_number(n), deadline_in(span));
  CHECK(outcome == expected);
}

inline awaitable<> expect_confirmed(messaging::order_publisher& publisher, int n) {
  co_await expect_outcome(publisher, n, std::chrono::seconds(10), messaging::publish_outcome::confirmed);
}

inline awaitable<> publish_until_confirmed(messaging::order_publisher& publisher, int n) {
  auto outcome = messaging::publish_outcome::unavailable;
  while (outcome != messaging::publish_outcome::confirmed)
    outcome = co_await publisher.publish(order_number(n), deadline_in(std::chrono::seconds(5)));
}

inline awaitable<> expect_acknowledged(messaging::order_consumer& consumer, const messaging::order_batch& batch,
                                       bool expected) {
  std::vector<messaging::dead_letter> none;
  const bool is_acknowledged = co_await consumer.acknowledge(batch, std::move(none));
  CHECK(is_acknowledged == expected);
}

// Takes and acknowledges batches until that many orders have come.
inline awaitable<> expect_orders(messaging::order_consumer& consumer, std::vector<int> expected) {
  std::vector<int> taken;
  while (taken.size() < expected.size()) {
    const messaging::order_batch batch = co_await consumer.next();
    const auto more = numbers_of(batch.orders);
    taken.insert(taken.end(), more.begin(), more.end());
    co_await expect_acknowledged(consumer, batch, true);
  }
  CHECK(taken == expected);
}

}  // namespace ticketd::test
