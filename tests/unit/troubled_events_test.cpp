#include "ticketd/orders/troubled_events.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;

TEST_CASE("an event that was slow keeps out of the others' way for a while", "[settle]") {
  orders::troubled_events events({.pauses = {1ms, 1ms}});
  const orders::troubled_events::time_point now(1h);
  CHECK(events.failed("a", now));
  CHECK_FALSE(events.failed("a", now));
  CHECK(events.recovered("a", now));
  CHECK(events.was_slow("b", now));
  CHECK_FALSE(events.recovered("b", now + 29s));
  CHECK(events.contains("b"));
  CHECK(events.recovered("b", now + 30s));
  CHECK(events.is_empty());
}
