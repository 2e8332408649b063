#include "messaging/delivery_collector.hpp"

#include "support/catch2.hpp"

#include <chrono>

using ticketd::messaging::decoded_message;
using ticketd::messaging::delivery_collector;
using namespace std::chrono_literals;

namespace {

constexpr delivery_collector::time_point start{1h};

decoded_message message_of(int orders) {
  decoded_message message;
  for (int i = 1; i <= orders; ++i) {
    message.orders.emplace_back();
    message.orders.back().quantity = i;
  }
  return message;
}

delivery_collector collector_of(std::size_t batch_max, std::size_t messages_max = 100) {
  return delivery_collector({batch_max, messages_max, 5ms});
}

}  // namespace

TEST_CASE("a batch that is not full waits its time, from its first message on", "[messaging]") {
  auto collector = collector_of(10);
  CHECK_FALSE(collector.due_at());
  CHECK_FALSE(collector.take(start));
  collector.add(1, message_of(2), start);
  collector.add(2, message_of(3), start + 4ms);
  CHECK_FALSE(collector.take(start + 4999us));
  CHECK(collector.due_at() == start + 5ms);
  const auto batch = collector.take(start + 5ms);
  REQUIRE(batch);
  CHECK(batch->orders.size() == 5);
  CHECK(batch->orders[2].quantity == 1);
  CHECK(batch->last_delivery == 2);
  REQUIRE(batch->deliveries.size() == 2);
  CHECK(batch->deliveries[0].tag == 1);
  CHECK(batch->deliveries[0].orders == 2);
  CHECK(batch->deliveries[1].orders == 3);
  CHECK_FALSE(collector.take(start + 1h));
}

TEST_CASE("a full batch is there at once, and ends before the message that would be too much", "[messaging]") {
  auto collector = collector_of(10);
  collector.add(1, message_of(6), start);
  collector.add(2, message_of(6), start);
  const auto first = collector.take(start);
  REQUIRE(first);
  CHECK(first->orders.size() == 6);
  CHECK(first->last_delivery == 1);
  CHECK_FALSE(collector.take(start));
  CHECK(collector.take(start + 5ms)->last_delivery == 2);
}

TEST_CASE("a message larger than a batch is a batch of its own", "[messaging]") {
  auto collector = collector_of(1);
  collector.add(1, message_of(60), start);
  collector.add(2, message_of(1), start);
  CHECK(collector.take(start)->orders.size() == 60);
  CHECK(collector.take(start)->last_delivery == 2);
}

TEST_CASE("with the prefetch used up nobody waits for more", "[messaging]") {
  auto collector = collector_of(1000, 3);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) collector.add(tag, message_of(1), start);
  CHECK(collector.take(start)->last_delivery == 3);
}

TEST_CASE("malformed orders count, and come along", "[messaging]") {
  auto collector = collector_of(2);
  decoded_message bad;
  bad.malformed.push_back({"x", "why"});
  collector.add(1, bad, start);
  collector.add(2, bad, start);
  collector.add(3, bad, start);
  const auto batch = collector.take(start);
  REQUIRE(batch);
  CHECK(batch->orders.empty());
  CHECK(batch->malformed.size() == 2);
}

TEST_CASE("what a lost connection delivered is forgotten", "[messaging]") {
  auto collector = collector_of(2);
  collector.add(1, message_of(5), start);
  collector.clear();
  CHECK_FALSE(collector.take(start + 1h));
  collector.add(1, message_of(1), start);
  CHECK(collector.due_at() == start + 5ms);
}
