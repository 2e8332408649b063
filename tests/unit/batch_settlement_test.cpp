// Which messages of a batch are acknowledged at once, and which wait for their dead letters.
#include "messaging/batch_settlement.hpp"

#include "support/catch2.hpp"

#include <cstdint>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::messaging;

namespace {

domain::order_id id_number(std::uint8_t n) {
  domain::order_id::bytes bytes{};
  bytes[15] = n;
  return domain::order_id(bytes);
}

struct message {
  std::vector<std::uint8_t> orders;
  std::size_t malformed = 0;
};

// Of deliveries 11, 12 ...
order_batch batch_of(const std::vector<message>& messages) {
  order_batch batch;
  batch.last_delivery = 10;
  for (const auto& [orders, malformed] : messages) {
    for (const auto n : orders) {
      batch.orders.emplace_back();
      batch.orders.back().id = id_number(n);
    }
    batch.malformed.resize(batch.malformed.size() + malformed);
    batch.deliveries.push_back({++batch.last_delivery, orders.size(), malformed});
  }
  return batch;
}

std::vector<dead_letter> dead_letters_of(const std::vector<std::uint8_t>& orders) {
  std::vector<dead_letter> letters;
  for (const auto n : orders) letters.push_back({"body", "why", id_number(n)});
  return letters;
}

using answers = std::vector<delivery_answer>;
using enum delivery_verdict;
using enum delivery_outcome;

}  // namespace

TEST_CASE("a batch without dead letters is acknowledged in one word", "[messaging]") {
  const batch_settlement settlement(batch_of({{{1, 2}}, {{3}}, {{4}}}), {});
  CHECK(settlement.dead_letters().empty());
  CHECK(settlement.at_once() == answers{{13, acknowledge_up_to}});
}

TEST_CASE("what waits for its dead letters is not acknowledged by what comes after it", "[messaging]") {
  const batch_settlement settlement(batch_of({{{1}}, {{2}}, {{3, 4}, 1}, {{5}}, {{6, 7}}, {{8}}}),
                                    dead_letters_of({7}));
  CHECK(settlement.dead_letters().size() == 2);
  CHECK(settlement.at_once() == answers{{12, acknowledge_up_to}, {14, acknowledge}, {16, acknowledge}});
  CHECK(settlement.afterwards(std::vector{taken, taken}) == answers{{13, acknowledge}, {15, acknowledge}});
}

TEST_CASE("a message whose letter may not be there is set aside whole, and no other", "[messaging]") {
  const batch_settlement settlement(batch_of({{{}, 2}, {{1}}, {{2}}}), dead_letters_of({2}));
  CHECK(settlement.at_once() == answers{{12, acknowledge}});
  CHECK(settlement.afterwards(std::vector{taken, unknown, taken}) == answers{{11, set_aside}, {13, acknowledge}});
  CHECK(settlement.afterwards(std::vector{taken, taken, refused}) == answers{{11, acknowledge}, {13, set_aside}});
}

TEST_CASE("an order that came in two messages has a letter in both", "[messaging]") {
  const batch_settlement settlement(batch_of({{{1}}, {{2}}, {{1}}}), dead_letters_of({1}));
  CHECK(settlement.at_once() == answers{{12, acknowledge}});
  CHECK(settlement.afterwards(std::vector{unknown}) == answers{{11, set_aside}, {13, set_aside}});
}
