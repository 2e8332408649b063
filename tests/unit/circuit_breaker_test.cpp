#include "ticketd/async/circuit_breaker.hpp"
#include "support/catch2.hpp"

#include <chrono>

using namespace ticketd::async;
using namespace std::chrono_literals;

namespace {

const circuit_breaker::time_point start{};

circuit_breaker opened_at(circuit_breaker::time_point when) {
  circuit_breaker breaker({.failures_max = 3, .open_for = 500ms});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(breaker.allows(when));
    breaker.failed(when);
  }
  return breaker;
}

}  // namespace

TEST_CASE("the breaker opens after so many failures in a row", "[breaker]") {
  circuit_breaker breaker({.failures_max = 3, .open_for = 500ms});
  breaker.failed(start);
  breaker.failed(start);
  CHECK(breaker.state() == breaker_state::closed);
  breaker.succeeded();  // not in a row any more
  breaker.failed(start);
  breaker.failed(start);
  CHECK(breaker.allows(start));
  breaker.failed(start);
  CHECK(breaker.state() == breaker_state::open);
  CHECK_FALSE(breaker.allows(start));
}

TEST_CASE("an open breaker lets one call through when its time is over", "[breaker]") {
  auto breaker = opened_at(start);
  CHECK_FALSE(breaker.allows(start + 499ms));
  CHECK(breaker.allows(start + 500ms));
  CHECK(breaker.state() == breaker_state::half_open);
  CHECK_FALSE(breaker.allows(start + 501ms));
}

TEST_CASE("the call that tries decides", "[breaker]") {
  auto breaker = opened_at(start);
  REQUIRE(breaker.allows(start + 500ms));
  SECTION("success closes it, and failures are counted anew") {
    breaker.succeeded();
    CHECK(breaker.state() == breaker_state::closed);
    breaker.failed(start + 501ms);
    CHECK(breaker.allows(start + 501ms));
  }
  SECTION("failure opens it at once, for as long again") {
    breaker.failed(start + 510ms);
    CHECK_FALSE(breaker.allows(start + 1009ms));
    CHECK(breaker.allows(start + 1010ms));
  }
}

TEST_CASE("a late failure does not hold an open breaker open", "[breaker]") {
  auto breaker = opened_at(start);
  breaker.failed(start + 400ms);
  CHECK(breaker.allows(start + 500ms));
}
