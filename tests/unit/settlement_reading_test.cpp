// What of a reading under lock can be decided now, and what has to wait.
#include "ticketd/domain/settlement_reading.hpp"
#include "support/catch2.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace ticketd::domain;

namespace {

using deferred = std::set<std::string, std::less<>>;

accepted_order order_for(const std::string& event_id, const std::string& category_id, std::uint8_t number = 1) {
  accepted_order order;
  order.id = order_id({number});
  order.event_id = event_id;
  order.category_id = category_id;
  order.buyer.email = "ada@example.com";
  return order;
}

// Two events with two categories each.
settlement_reading reading_of_two() {
  settlement_reading reading;
  for (const std::string event : {"gig", "play"})
    for (const std::string category : {"front", "back"}) {
      auto& stock = reading.context.categories.emplace_back();
      stock.event_id = event;
      stock.category_id = category;
    }
  return reading;
}

const std::vector<accepted_order> one_of_each{order_for("gig", "front"), order_for("play", "back", 2)};

locked_rows all_locked() { return {{"gig", "play"}, {{"gig", "front"}, {"play", "back"}}}; }

deferred deferred_of(settlement_reading reading, order_source from = order_source::queue) {
  return context_of(std::move(reading), one_of_each, from).deferred_events;
}

}  // namespace

TEST_CASE("an order from the queue goes behind those of its event that wait already", "[settlement_reading]") {
  auto reading = reading_of_two();
  reading.events_with_waiting = {"play"};
  CHECK(deferred_of(reading) == deferred{"play"});
  CHECK(deferred_of(reading, order_source::waiting_table).empty());  // these are the first
}

TEST_CASE("an order that waits is known to who finds it in the queue again", "[settlement_reading]") {
  auto reading = reading_of_two();
  reading.context.known_orders.emplace(order_id({7}), "settled@example.com");
  reading.waiting_orders = {{one_of_each[0].id, "ada@example.com"}};
  const auto from_queue = context_of(reading, one_of_each, order_source::queue).known_orders;
  CHECK(from_queue.size() == 2);
  CHECK(from_queue.at(one_of_each[0].id) == "ada@example.com");
  CHECK(context_of(reading, one_of_each, order_source::waiting_table).known_orders.size() == 1);
}

TEST_CASE("an order that is settled is its buyer's, whatever waits under its id", "[settlement_reading]") {
  auto reading = reading_of_two();
  reading.context.known_orders.emplace(one_of_each[0].id, "settled@example.com");
  reading.waiting_orders = {{one_of_each[0].id, "another@example.com"}};
  const auto context = context_of(reading, one_of_each, order_source::queue);
  CHECK(context.known_orders.at(one_of_each[0].id) == "settled@example.com");
}

TEST_CASE("an event whose row somebody else holds is deferred", "[settlement_reading]") {
  auto reading = reading_of_two();
  CHECK(deferred_of(reading).empty());  // nothing was passed over
  reading.locked = all_locked();
  CHECK(deferred_of(reading).empty());
  reading.locked->events.erase("gig");
  CHECK(deferred_of(reading) == deferred{"gig"});
  CHECK(deferred_of(reading, order_source::waiting_table) == deferred{"gig"});
}

TEST_CASE("an event is deferred for a category that somebody else holds, if an order names it",
          "[settlement_reading]") {
  auto reading = reading_of_two();
  reading.locked = all_locked();
  reading.locked->categories.erase({"play", "back"});
  CHECK(deferred_of(reading) == deferred{"play"});
  reading.locked = all_locked();
  CHECK_FALSE(reading.locked->categories.contains({"gig", "back"}));  // which no order names
  CHECK(deferred_of(reading).empty());
}

TEST_CASE("what is not there is deferred by nobody", "[settlement_reading]") {
  settlement_reading reading;
  reading.locked.emplace();
  CHECK(deferred_of(reading).empty());
}
