#include "messaging/in_flight_bound.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;
using messaging::in_flight_bound;

TEST_CASE("the bound begins at its ceiling, and stays there while confirms come in time", "[in_flight_bound]") {
  in_flight_bound bound({.ceiling = 20'000});
  CHECK(bound.orders() == 20'000);
  bound.note(10ms, in_flight_bound::time_point(1h));
  bound.note(499ms, in_flight_bound::time_point(1h));
  CHECK(bound.orders() == 20'000);
}

TEST_CASE("confirms that are late halve it, once for all that was in flight together", "[in_flight_bound]") {
  in_flight_bound bound({.ceiling = 20'000});
  in_flight_bound::time_point now{1h};
  for (int i = 0; i < 100; ++i) bound.note(600ms, now += 5ms);
  CHECK(bound.orders() == 10'000);
  bound.note(600ms, now += 200ms);
  CHECK(bound.orders() == 5'000);
  for (int i = 0; i < 20; ++i) bound.note(1s, now += 1s);
  CHECK(bound.orders() == 100);
  SECTION("and in time again, it grows back, step by step") {
    bound.note(100ms, now);
    CHECK(bound.orders() == 107);
    for (int i = 0; i < 100; ++i) bound.note(100ms, now);
    CHECK(bound.orders() == 20'000);
  }
}

TEST_CASE("a ceiling below the floor is the bound", "[in_flight_bound]") {
  in_flight_bound bound({.ceiling = 10});
  bound.note(1s, in_flight_bound::time_point(1h));
  CHECK(bound.orders() == 10);
}
