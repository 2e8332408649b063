// Up to when everything is settled, by what the worker knows.
#include "ticketd/orders/settlement_progress.hpp"
#include "support/catch2.hpp"

#include <optional>

using namespace ticketd;
using namespace std::chrono_literals;
using orders::settlement_marks;

namespace {

const domain::timestamp noon = *domain::parse_rfc3339("2027-01-05T12:00:00Z");

std::optional<domain::timestamp> up_to(const settlement_marks& marks) {
  return orders::settled_up_to(marks, noon, 100ms);
}

}  // namespace

TEST_CASE("everything is settled up to the last order that was, but for what may be behind it", "[progress]") {
  CHECK_FALSE(up_to({}));
  CHECK(up_to({.last_settled = noon - 7s}) == noon - 7s - 100ms);
  CHECK(up_to({.last_settled = noon}) == noon - 100ms);
  CHECK_FALSE(up_to({.last_settled = noon + 1us}));  // somebody's clock, or a stranger's word
}

TEST_CASE("everything is settled up to when the broker had none waiting", "[progress]") {
  CHECK(up_to({.drained_at = noon - 2s}) == noon - 2s - 100ms);
  CHECK(up_to({.last_settled = noon - 7s, .drained_at = noon - 2s}) == noon - 2s - 100ms);
  CHECK(up_to({.last_settled = noon - 1s, .drained_at = noon - 2s}) == noon - 1s - 100ms);
  CHECK(up_to({.last_settled = noon + 1s, .drained_at = noon - 2s}) == noon - 2s - 100ms);
}
