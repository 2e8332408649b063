#include "api/request_age.hpp"
#include "support/catch2.hpp"

#include <fmt/format.h>

#include <string>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;

namespace {

const domain::timestamp noon = *domain::parse_rfc3339("2027-01-05T12:00:00Z");

std::string taken(domain::timestamp at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  return fmt::format("t={}.{:03}", ms / 1000, ms % 1000);
}

}  // namespace

TEST_CASE("when Nginx took a request is read as it writes it, and nothing else is", "[request_age]") {
  CHECK(parse_request_start("t=1767225600.123") == domain::timestamp(1767225600s + 123ms));
  for (const auto* value : {"", "t=", "1767225600.123", "t=1767225600", "t=1767225600.12", "t=1767225600.1234",
                            "t=-767225600.123", "t=1767225600.-12", "t=1767225600.12x", "t=1767225600,123"})
    CHECK_FALSE(parse_request_start(value));
  request_age age;
  CHECK_FALSE(age.of("", noon));
}

TEST_CASE("age is counted from the request that waited least, whatever the clocks say", "[request_age]") {
  for (const auto skew : {0h, 3h, -3h}) {
    request_age age;
    CHECK(age.of(taken(noon + skew), noon + 2ms) == 0ms);  // the first one seen
    CHECK(age.of(taken(noon + skew), noon + 1ms) == 0ms);  // one that waited less
    CHECK(age.of(taken(noon + skew), noon + 501ms) == 500ms);
    CHECK(age.of(taken(noon + skew), noon + 1501ms) == 1500ms);
  }
}

TEST_CASE("a clock that was set is believed after a while, and not before", "[request_age]") {
  request_age age;
  CHECK(age.of(taken(noon), noon) == 0ms);
  const auto ours = [](auto since) { return noon + 60s + since; };  // our clock is a minute ahead from now on
  CHECK(age.of(taken(noon + 4s), noon + 4s) == 0ms);
  CHECK(age.of(taken(noon + 6s), noon + 6s + 300ms) == 300ms);  // the span before is remembered
  CHECK(age.of(taken(noon + 20s), ours(20s)) == 0ms);
  CHECK(age.of(taken(noon + 20s), ours(21s)) == 1s);
}

TEST_CASE("a time that is nobody's makes nobody old", "[request_age]") {
  request_age age;
  CHECK(age.of("t=9999999999.999", domain::timestamp(1767225600s)) == 0ms);
  CHECK(age.of("t=1767225600.000", domain::timestamp(1767225600s + 5ms)) == 0ms);
}

TEST_CASE("a queue stands where even who waits least has waited, and for a while", "[request_age]") {
  standing_queue queue;
  auto now = noon;
  const auto comes = [&](std::chrono::milliseconds age, std::chrono::milliseconds later) {
    now += later;
    queue.note(age, now);
    return queue.is_standing();
  };
  CHECK_FALSE(comes(900ms, 0ms));
  CHECK_FALSE(comes(100ms, 200ms));
  CHECK(comes(800ms, 50ms));
  CHECK(comes(5000ms, 249ms));
  SECTION("one that has hardly waited shows that there is none") {
    CHECK_FALSE(comes(99ms, 1ms));
    CHECK_FALSE(comes(2000ms, 100ms));
    CHECK_FALSE(comes(2000ms, 149ms));
    CHECK(comes(2000ms, 1ms));
  }
  SECTION("nor is there where nobody comes: what a replica finds that stood still has waited elsewhere") {
    CHECK_FALSE(comes(3000ms, 3000ms));
    CHECK_FALSE(comes(2900ms, 100ms));
    CHECK_FALSE(comes(2900ms, 149ms));
  }
  SECTION("nor for a clock that was set back") { CHECK_FALSE(comes(3000ms, -1000ms)); }
}
