// What the outcomes of charges make of payments and orders, on a real PostgreSQL. (How they are taken on:
// persistence_claims_test. When their time is over: persistence_holds_test.)
#include "support/payments.hpp"
#include "support/stores.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using domain::order_reason;
using domain::order_status;
using domain::payment_mode;
using domain::payment_outcome;
using domain::payment_result;

TEST_CASE("a charge confirms its order once, however often it is recorded", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 2);
  const auto changes = record(stores, {charged(id, payment_result::succeeded), charged(id, payment_result::succeeded)});
  REQUIRE(changes.size() == 1);
  REQUIRE(changes[0].status == order_status::confirmed);
  REQUIRE(changes[0].event_id == "gig");
  for (const auto result : {payment_result::succeeded, payment_result::declined, payment_result::unknown})
    REQUIRE(record(stores, {charged(id, result)}).empty());
  REQUIRE(stock(stores) == "0 held 2 sold");
  REQUIRE(payment_of(stores, id) == "charged pi_" + id.to_string());
  REQUIRE(stores.find(id).tickets.size() == 2);
  REQUIRE(stores.find(id).invoice_number == "GIG-000001");
  REQUIRE(stores.find(id).updated_at >= stores.find(id).created_at);
  REQUIRE(claim(stores, 10).empty());
  audit(stores);
}

TEST_CASE("a decline gives the tickets back, once", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 2);
  REQUIRE(record(stores, {charged(id, payment_result::declined)}).size() == 1);
  REQUIRE(record(stores, {charged(id, payment_result::declined), charged(id, payment_result::unknown)}).empty());
  REQUIRE(stores.find(id).status == order_status::payment_failed);
  REQUIRE(stores.find(id).reason == order_reason::payment_declined);
  REQUIRE(stock(stores) == "0 held 0 sold");
  REQUIRE(payment_of(stores, id) == "over");
  audit(stores);
}

TEST_CASE("an unknown outcome is asked for again when its time comes", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 2);
  REQUIRE(claim(stores, 10).size() == 1);
  auto unknown = charged(id, payment_result::unknown);
  unknown.ask_again = std::chrono::hours(1);
  REQUIRE(record(stores, {unknown}).empty());
  REQUIRE(claim(stores, 10).empty());
  unknown.ask_again = std::chrono::milliseconds(0);
  REQUIRE(record(stores, {unknown}).empty());
  const auto due = claim(stores, 10);
  REQUIRE(due.size() == 1);
  REQUIRE(due[0].attempts == 2);
  REQUIRE(stock(stores) == "2 held 0 sold");
}

TEST_CASE("a payment in a state of a newer version is left to that one, and holds up no other",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10, 9));
  const auto strange = stores.order("standing", 1);
  const auto known = stores.order("standing", 1);
  stores.settle({strange, known}, domain::payment_mode::charge);
  REQUIRE(claim(stores, 10).size() == 2);
  stores.sql("ALTER TYPE payment_status ADD VALUE 'parked'");
  stores.sql("UPDATE payments SET status = 'parked' WHERE order_id = '" + strange.id.to_string() + "'");
  stores.sql("UPDATE payments SET expires_at = now() - interval '1 second', due_at = now() - interval '1 second'");
  REQUIRE(record(stores, {charged(strange.id, payment_result::succeeded)}).empty());
  REQUIRE(claim(stores, 10).size() == 1);
  const auto ended = expire(stores);
  REQUIRE(ended.size() == 1);
  REQUIRE(payment_of(stores, strange.id) == "parked");
}

TEST_CASE("a mixed batch of outcomes keeps the books and the invoice numbers whole", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  auto other = test::gig(100);
  other.id = "a-other";
  stores.define(other);
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 30; ++i) {
    orders.push_back(stores.order("standing", 1 + i % 3));
    if (i % 4 == 0) orders.back().event_id = "a-other";
  }
  stores.settle(orders, payment_mode::charge);
  std::vector<payment_outcome> outcomes;
  for (std::size_t i = 0; i < orders.size(); ++i)
    outcomes.push_back(charged(orders[i].id, i % 5 == 0 ? payment_result::declined : payment_result::succeeded));
  outcomes.push_back(charged(stores.mint.mint_random({}), payment_result::succeeded));  // nobody's
  const auto changes = record(stores, outcomes);
  REQUIRE(changes.size() == 30);
  stores.settle({stores.order("standing", 1)}, payment_mode::confirm_at_once);
  REQUIRE(stores.sql("SELECT bool_and(n = m AND m = l) FROM (SELECT count(*) n, max(number) m, max(last_invoice) l "
                     "FROM invoices JOIN events ON id = event_id GROUP BY event_id) x") == "t");
  REQUIRE(stores.sql("SELECT count(*) FROM invoices") == "25");
  REQUIRE(stores.sql("SELECT sum(held) FROM categories") == "0");
}

TEST_CASE("what somebody holds of an event holds up no other's outcomes and holds", "[persistence][integration]") {
  const std::string lock = GENERATE("SELECT 1 FROM events WHERE id = 'a-other' FOR UPDATE",
                                    "SELECT 1 FROM categories WHERE event_id = 'a-other' FOR UPDATE",
                                    "SELECT 1 FROM orders WHERE event_id = 'a-other' FOR UPDATE",
                                    "SELECT 1 FROM payments p JOIN orders o ON o.id = p.order_id "
                                    "WHERE event_id = 'a-other' FOR UPDATE OF p");
  CAPTURE(lock);
  test::stores stores;
  stores.define(test::gig(100));
  auto other = test::gig(100);
  other.id = "a-other";
  stores.define(other);
  auto held = stores.order("standing", 1);
  held.event_id = "a-other";
  auto held_old = stores.order("standing", 1);
  held_old.event_id = "a-other";
  const auto free = stores.order("standing", 1);
  const auto free_old = stores.order("standing", 1);
  stores.settle({held, held_old, free, free_old}, payment_mode::charge);
  const std::vector outcomes{charged(held.id, payment_result::succeeded), charged(free.id, payment_result::succeeded)};
  stores.sql("UPDATE payments SET expires_at = now() WHERE order_id IN ('" + held_old.id.to_string() + "', '" +
             free_old.id.to_string() + "')");
  auto operator_ = stores.fresh.connect();
  operator_("BEGIN");
  operator_(lock);
  record(stores, outcomes);
  CHECK(stores.find(free.id).status == order_status::confirmed);
  CHECK(stores.find(held.id).status == order_status::reserved);
  expire(stores);
  CHECK(stores.find(free_old.id).status == order_status::expired);
  CHECK(stores.find(held_old.id).status == order_status::reserved);
  operator_("ROLLBACK");
  record(stores, outcomes);
  CHECK(stores.find(held.id).status == order_status::confirmed);
  expire(stores);
  CHECK(stores.find(held_old.id).status == order_status::expired);
  CHECK(stores.sql("SELECT sum(held) || ' held ' || sum(sold) || ' sold' FROM categories") == "0 held 2 sold");
}
