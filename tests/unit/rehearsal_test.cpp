// Which category a rehearsal uses, and what it makes of an order.
#include "ticketd/domain/rehearsal.hpp"
#include "support/catch2.hpp"

#include <vector>

using namespace ticketd::domain;
using namespace std::chrono_literals;

namespace {

const timestamp noon = *parse_rfc3339("2027-01-05T12:00:00Z");

rehearsal_candidate candidate(const std::string& event_id) {
  rehearsal_candidate made;
  made.category.event_id = event_id;
  made.category.category_id = "standing";
  made.category.capacity = 10;
  made.category.sale = {noon - 1h, noon + 1h};
  return made;
}

std::string chosen(const std::vector<rehearsal_candidate>& candidates) {
  const auto* category = choose_category(candidates, noon);
  return category == nullptr ? "" : category->event_id;
}

}  // namespace

TEST_CASE("a rehearsal takes the first category that would give a ticket", "[rehearsal]") {
  auto other = candidate("other");
  CHECK(chosen({candidate("first"), candidate("second")}) == "first");
  SECTION("not one that is sold out") {
    other.category.sold = 4;
    other.category.held = 6;
  }
  SECTION("not one whose sale has not opened") { other.category.sale.opens_at = noon + 1s; }
  SECTION("not one whose sale has closed") { other.category.sale.closes_at = noon; }
  SECTION("not one whose event has started, though its sale goes on") { other.category.starts_at = noon; }
  CHECK(chosen({other, candidate("open")}) == "open");
  CHECK(chosen({other}) == "other");  // better than none
  CHECK(chosen({other, other}) == "other");
}

TEST_CASE("a rehearsal leaves an event alone that orders wait for", "[rehearsal]") {
  auto waiting = candidate("waiting");
  waiting.has_waiting = true;
  CHECK(chosen({waiting, candidate("open")}) == "open");
  CHECK(chosen({waiting}).empty());
  CHECK(chosen({}).empty());
}

TEST_CASE("in a rehearsal an order is another's, elsewhere, for one ticket at the price there", "[rehearsal]") {
  accepted_order order;
  order.id = order_id({1, 2, 3});
  order.event_id = "gig";
  order.category_id = "front";
  order.quantity = 4;
  order.buyer = {"Ada", "ada@example.com"};
  order.accepted_at = noon;
  order.terms = sale_terms{{1000, "TRY"}, {noon - 1h, noon + 1h}, 4};
  const auto moved = as_if_for(candidate("other").category, order);
  CHECK(moved.event_id == "other");
  CHECK(moved.category_id == "standing");
  CHECK(moved.quantity == 1);
  CHECK_FALSE(moved.terms);
  CHECK(moved.accepted_at == noon);
  for (std::size_t i = 0; i < order.id.value().size(); ++i) CHECK(moved.id.value()[i] != order.id.value()[i]);
  CHECK(moved.buyer.name == with_longest_buyer_text(order).buyer.name);
}
