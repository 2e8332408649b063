// Which payments are taken on, in which order, and for how long, on a real PostgreSQL.
#include "support/payments.hpp"
#include "support/stores.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using domain::payment_mode;
using domain::payment_result;
using domain::payment_task;

TEST_CASE("what is claimed says what to do, and is on lease", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  auto order = stores.order("standing", 2);
  order.payment_method = "pm_card_mastercard";
  order.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  stores.settle({order, stores.order("free", 1)}, payment_mode::charge);
  const auto due = claim(stores, 10);
  REQUIRE(due.size() == 1);
  REQUIRE(due[0].order == order.id);
  REQUIRE(due[0].task == payment_task::charge);
  REQUIRE(due[0].amount == domain::money{100000, "TRY"});
  REQUIRE(due[0].traceparent == order.traceparent);
  REQUIRE(due[0].payment_method == "pm_card_mastercard");
  REQUIRE(due[0].attempts == 1);
  REQUIRE(claim(stores, 10).empty());
  stores.sql("UPDATE payments SET due_at = now()");  // the lease of a worker that died
  REQUIRE(claim(stores, 10).size() == 1);
}

TEST_CASE("a hold runs from the first claim, and the wait for it has an end of its own", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  stores.hold.hold = std::chrono::seconds(5);
  stores.hold.payment_wait_max = std::chrono::seconds(900);
  const auto id = reserve(stores, 1);
  const auto hold_is = [&](const std::string& what) {
    return stores.sql("SELECT expires_at BETWEEN " + what + " FROM payments") == "t";
  };
  REQUIRE(hold_is("now() + interval '890 s' AND now() + interval '900 s'"));
  REQUIRE(claim(stores, 10).size() == 1);
  REQUIRE(hold_is("now() + interval '110 s' AND now() + interval '120 s'"));
  // The second attempt is another attempt of the same hold.
  stores.sql("UPDATE payments SET due_at = now(), expires_at = now() + interval '7 s'");
  REQUIRE(claim(stores, 10).size() == 1);
  REQUIRE(hold_is("now() AND now() + interval '7 s'"));

  // One whose turn does not come ends, and is never charged.
  const auto unclaimed = reserve(stores, 2);
  stores.sql("UPDATE payments SET expires_at = now() WHERE order_id = '" + unclaimed.to_string() + "'");
  REQUIRE(claim(stores, 10).empty());  // before it is expired, too
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, unclaimed) == "over");
  REQUIRE(claim(stores, 10).empty());
  REQUIRE(payment_of(stores, id) == "pending");
}

TEST_CASE("a request that charges itself comes first", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  stores.hold.charged_here_for = std::chrono::seconds(30);
  const auto id = reserve(stores, 1);
  REQUIRE(claim(stores, 10).empty());
  REQUIRE(stores.sql("SELECT due_at > now() + interval '25 s' FROM payments") == "t");
  // It claims as the payment stage does: its hold may end before it says what came of it, and then it may have been
  // charged.
  REQUIRE(claim_charge_of(stores, id)->attempts == 1);
  REQUIRE(stores.sql("SELECT due_at > now() + interval '55 s' AND expires_at > now() + interval '115 s' "
                     "AND first_asked_at IS NOT NULL FROM payments") == "t");
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, id) == "pending");
}

TEST_CASE("what somebody has on lease nobody else claims by its name", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  REQUIRE(claim_charge_of(stores, id)->attempts == 1);
  CHECK_FALSE(claim_charge_of(stores, id));  // another request, at the same time
  CHECK_FALSE(claim_charge_of(stores, id, 2));
  stores.sql("UPDATE payments SET due_at = now()");  // the first one is gone
  CHECK(claim_charge_of(stores, id)->attempts == 2);
}

TEST_CASE("a request that comes again and certainly does nothing says nothing about the first",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  auto outcome = charged(id, payment_result::unknown);
  outcome.attempt = claim_charge_of(stores, id)->attempts;
  REQUIRE(record(stores, {outcome}).empty());
  REQUIRE(record(stores, {not_sent(id, claim_charge_of(stores, id, 1)->attempts)}).empty());
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, id) == "pending");
  // Over is over.
  record(stores, {charged(id, payment_result::declined)});
  REQUIRE_FALSE(claim_charge_of(stores, id, 2));
}

TEST_CASE("whose hold is running is claimed before all who wait for their first turn", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 10; ++i) orders.push_back(stores.order("standing", 1));
  stores.settle(orders, payment_mode::charge);
  const auto again = claim(stores, 1).at(0).order;
  stores.sql("UPDATE payments SET due_at = now() WHERE attempts > 0");
  REQUIRE(claim(stores, 1).at(0).order == again);
  // But for those that are to be passed over.
  stores.sql("UPDATE payments SET due_at = now() WHERE attempts > 0");
  REQUIRE(claim(stores, 100, {again}).size() == 9);
  REQUIRE(claim(stores, 100).at(0).order == again);
  REQUIRE(claim(stores, 100).empty());
}

TEST_CASE("a probe is any charge that is due, and none that is to be passed over", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 5; ++i) orders.push_back(stores.order("standing", 1));
  stores.settle(orders, payment_mode::charge);
  std::vector<domain::order_id> seen;
  for (int i = 0; i < 5; ++i) {
    const auto probe = claim_any(stores, seen);
    REQUIRE(probe);
    REQUIRE(std::ranges::find(seen, probe->order) == seen.end());
    seen.push_back(probe->order);
    stores.sql("UPDATE payments SET due_at = now() WHERE attempts > 0");
  }
  REQUIRE_FALSE(claim_any(stores, seen));
  REQUIRE(claim_any(stores, {}));
}

TEST_CASE("two workers claim different payments, oldest first", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 20; ++i) orders.push_back(stores.order("standing", 1));
  stores.settle(orders, payment_mode::charge);
  stores.sql("UPDATE payments SET due_at = now() - interval '1 hour' WHERE order_id = '" + orders[7].id.to_string() +
             "'");

  // Somebody else is about to take the oldest: it is passed over without waiting.
  auto other = stores.fresh.connect();
  other("BEGIN");
  other("SELECT order_id FROM payments ORDER BY due_at LIMIT 1 FOR UPDATE");
  std::set<domain::order_id> seen;
  for (const auto& payment : claim(stores, 15)) seen.insert(payment.order);
  REQUIRE(seen.size() == 15);
  REQUIRE_FALSE(seen.contains(orders[7].id));
  other("ROLLBACK");
  const auto rest = claim(stores, 15);
  REQUIRE(rest.size() == 5);
  for (const auto& payment : rest) REQUIRE(seen.insert(payment.order).second);
}

TEST_CASE("what is claimed says since when it may have been charged", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  const auto claim_one = [&] {
    const auto due = claim(stores, 10);
    REQUIRE(due.size() == 1);
    REQUIRE(due[0].first_asked_at.has_value());
    return *due[0].first_asked_at;
  };
  const auto first = claim_one();
  REQUIRE(record(stores, {not_sent(id, 1)}).empty());  // which was none that may have charged
  const auto second = claim_one();
  REQUIRE(second > first);
  REQUIRE(record(stores, {charged(id, payment_result::unknown)}).empty());
  REQUIRE(claim_one() == second);

  // Looked up, and absent: charging begins anew.
  auto absent = charged(id, payment_result::absent);
  absent.attempt = 3;
  REQUIRE(record(stores, {absent}).empty());
  REQUIRE(payment_of(stores, id) == "pending");
  REQUIRE(claim_one() > second);
  // The same of an order that is over ends it.
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, id) == "pending");
  absent.attempt = 4;
  REQUIRE(record(stores, {absent}).empty());
  REQUIRE(payment_of(stores, id) == "over");
  audit(stores);
}

TEST_CASE("a charge whose time is over and that did nothing is not claimed, one that may have is",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  const auto turned_away = reserve(stores, 1);
  const auto in_doubt = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 2);
  record(stores, {not_sent(turned_away, 1), charged(in_doubt, payment_result::unknown)});
  stores.sql("UPDATE payments SET due_at = now()");
  let_holds_end(stores);
  const auto due = claim(stores, 10);
  REQUIRE(due.size() == 1);
  CHECK(due[0].order == in_doubt);
  CHECK_FALSE(claim_charge_of(stores, turned_away));
  expire(stores);
  CHECK(payment_of(stores, turned_away) == "over");
  CHECK(payment_of(stores, in_doubt) == "pending");
  audit(stores);
}
