#include "ticketd/domain/event_definition.hpp"
#include "support/catch2.hpp"
#include "ticketd/domain/invoice.hpp"

#include <chrono>

using namespace ticketd::domain;

namespace {

event_definition gig(int capacity) {
  event_definition event;
  event.id = "gig";
  event.categories = {{"standing", "Standing", {1000, "TRY"}, capacity}};
  return event;
}

definition_context with(const taken_category& taken) { return {.is_new = false, .taken = {taken}}; }

}  // namespace

TEST_CASE("an event that is not there is created, in either mode") {
  const definition_context nothing{.is_new = true, .taken = {}};
  CHECK(decide_definition(gig(1), nothing, define_mode::create_or_replace) == define_outcome::created);
  CHECK(decide_definition(gig(1), nothing, define_mode::only_if_absent) == define_outcome::created);
}

TEST_CASE("one that is there is replaced, or left as it is") {
  CHECK(decide_definition(gig(1), {}, define_mode::create_or_replace) == define_outcome::replaced);
  CHECK(decide_definition(gig(1), {}, define_mode::only_if_absent) == define_outcome::left_as_it_is);
}

TEST_CASE("what is not as expected is left, whatever there is") {
  definition_context changed = with({"standing", 5, "TRY"});
  changed.is_as_expected = false;
  CHECK(decide_definition(gig(1), changed, define_mode::create_or_replace) == define_outcome::not_as_expected);
  changed.is_new = true;
  CHECK(decide_definition(gig(1), changed, define_mode::create_or_replace) == define_outcome::not_as_expected);
}

TEST_CASE("what is sold or held keeps its room and its currency") {
  const auto decide = [](int capacity, const taken_category& taken) {
    return decide_definition(gig(capacity), with(taken), define_mode::create_or_replace);
  };
  CHECK(decide(5, {"standing", 5, "TRY"}) == define_outcome::replaced);
  CHECK(decide(4, {"standing", 5, "TRY"}) == define_outcome::capacity_conflict);
  CHECK(decide(5, {"standing", 5, "EUR"}) == define_outcome::capacity_conflict);
  CHECK(decide(5, {"balcony", 1, "TRY"}) == define_outcome::capacity_conflict);
}

TEST_CASE("what a buyer may buy costs what the provider takes, or nothing") {
  auto event = gig(10);  // at 1000
  event.max_per_buyer = 3;
  CHECK(may_buy_as_many_as_allowed(event, {.least = 1000, .most = 3000}));
  CHECK_FALSE(may_buy_as_many_as_allowed(event, {.least = 1000, .most = 2999}));
  CHECK_FALSE(may_buy_as_many_as_allowed(event, {.least = 1001, .most = 3000}));
  event.categories[0].price.amount = 0;
  CHECK(may_buy_as_many_as_allowed(event, {.least = 1000, .most = 2000}));
  CHECK(may_buy_as_many_as_allowed(gig(10), {}));
}

TEST_CASE("a sale closes after it opens, if only by a moment") {
  const timestamp opens_at(std::chrono::seconds(1000));
  const std::chrono::microseconds moment(1);
  CHECK(has_time_to_sell({opens_at, opens_at + moment}));
  CHECK_FALSE(has_time_to_sell({opens_at, opens_at}));
  CHECK_FALSE(has_time_to_sell({opens_at, opens_at - moment}));
}

TEST_CASE("invoices are numbered without a gap within their event, and printed in capitals") {
  last_invoices last{{"gig", 7}};
  CHECK(next_invoice(last, "gig") == 8);
  CHECK(next_invoice(last, "gig") == 9);
  CHECK(next_invoice(last, "other") == 1);
  CHECK(invoice_number("tarkan-2027", 1) == "TARKAN-2027-000001");
  CHECK(invoice_number("a", 12'345'678) == "A-12345678");
}
