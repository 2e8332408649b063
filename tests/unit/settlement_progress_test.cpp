// Up to when everything is settled, by what the worker knows, and as it is written for the replicas.
#include "ticketd/orders/settlement_progress.hpp"
#include "orders/progress_codec.hpp"
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

TEST_CASE("progress is read as it was written, and what was not written here says nothing", "[progress]") {
  const orders::settlement_progress known{noon, noon - 2s, 90s};
  const orders::settlement_progress unknown{noon, {}, {}};
  CHECK(orders::decode_progress(orders::encode_progress(known)) == known);
  CHECK(orders::decode_progress(orders::encode_progress(unknown)) == unknown);
  for (const char* text : {"", "{}", "[]", "null", R"({"as_of": "noon"})", R"({"as_of": 1, "payment_wait": "long"})",
                           R"({"as_of": 1.5})", "\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(orders::decode_progress(text));
  }
}
