// Payments, their outcomes and the expiry of holds, on a real PostgreSQL.
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/locks.hpp"
#include "ticketd/persistence/payment_claims.hpp"

#include <algorithm>
#include <set>

using namespace ticketd;
using domain::order_reason;
using domain::order_status;
using domain::payment_mode;
using domain::payment_outcome;
using domain::payment_result;
using domain::payment_task;

namespace {

payment_outcome charged(const domain::order_id& order, payment_result result) {
  payment_outcome outcome;
  outcome.order = order;
  outcome.result = result;
  if (result == payment_result::succeeded) outcome.intent_id = "pi_" + order.to_string();
  return outcome;
}

payment_outcome not_sent(const domain::order_id& order, int attempt) {
  payment_outcome outcome = charged(order, payment_result::not_done);
  outcome.attempt = attempt;
  return outcome;
}

payment_outcome refunded(const domain::order_id& order, payment_result result) {
  payment_outcome outcome;
  outcome.order = order;
  outcome.task = payment_task::refund;
  outcome.result = result;
  return outcome;
}

struct order_change {
  domain::order_id order;
  order_status status;
  std::string event_id;
};

std::vector<order_change> changes_of(const std::vector<domain::payment_decision>& decisions) {
  std::vector<order_change> changes;
  for (const auto& decision : decisions)
    if (decision.has_new_status) changes.push_back({decision.order.id, decision.order.status, decision.order.event_id});
  return changes;
}

std::vector<order_change> record(test::stores& stores, const std::vector<payment_outcome>& outcomes) {
  std::vector<order_change> changes;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const auto recorded = co_await orders::record_outcomes(session.payments(), stores.printer, outcomes,
                                                           persistence::lock_wait::brief, test::soon());
    REQUIRE(recorded.has_value());
    changes = changes_of(recorded->decisions);
  });
  return changes;
}

// Charges, and then refunds.
std::vector<domain::due_payment> claim(test::stores& stores, std::size_t most,
                                       const std::vector<domain::order_id>& passed_over = {}) {
  std::vector<domain::due_payment> due;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const persistence::claim_terms terms{.lease = std::chrono::seconds(60), .hold = std::chrono::seconds(120)};
    auto claimed = co_await session.claims().claim(terms, most, passed_over, test::soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
    const auto refunds = co_await session.claims().claim_refunds(terms, most, test::soon());
    REQUIRE(refunds.has_value());
    due.insert(due.end(), refunds->begin(), refunds->end());
  });
  return due;
}

std::optional<domain::due_payment> claim_charge_of(test::stores& stores, const domain::order_id& order,
                                                   int attempts_over = 0) {
  std::optional<domain::due_payment> due;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const persistence::claim_terms terms{.lease = std::chrono::seconds(60), .hold = std::chrono::seconds(120)};
    auto claimed = co_await session.claims().claim_charge_of(order, attempts_over, terms, test::soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
  });
  return due;
}

std::optional<domain::due_payment> claim_any(test::stores& stores, const std::vector<domain::order_id>& passed_over) {
  std::optional<domain::due_payment> due;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const persistence::claim_terms terms{.lease = std::chrono::seconds(60), .hold = std::chrono::seconds(120)};
    auto claimed = co_await session.claims().claim_any_charge(terms, passed_over, test::soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
  });
  return due;
}

std::vector<order_change> expire(test::stores& stores, std::size_t most = 100) {
  std::vector<order_change> changes;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const std::vector<std::string> but_these;
    const auto events = co_await session.payments().events_with_old_holds(1000, but_these, test::soon());
    REQUIRE(events.has_value());
    const auto expired = co_await orders::expire_old_holds(session.payments(), *events, most, test::soon());
    REQUIRE(expired.has_value());
    changes = changes_of(*expired);
  });
  return changes;
}

// A gig of so many, and one order of so many of them, reserved.
domain::order_id reserve(test::stores& stores, int quantity) {
  const auto order = stores.order("standing", quantity);
  stores.settle({order}, payment_mode::charge);
  return order.id;
}

std::string stock(test::stores& stores) {
  return stores.sql("SELECT held || ' held ' || sold || ' sold' FROM categories WHERE id = 'standing'");
}

std::string payment_of(test::stores& stores, const domain::order_id& id) {
  return stores.sql(
      "SELECT coalesce((SELECT status::text FROM payments WHERE order_id = o.id), "
      "coalesce('charged ' || payment_intent, 'over')) FROM orders o WHERE id = '" +
      id.to_string() + "'");
}

void let_holds_end(test::stores& stores) {
  stores.sql("UPDATE payments SET expires_at = now() - interval '1 s' WHERE expires_at IS NOT NULL");
}

// What must hold after whatever happened.
void audit(test::stores& stores) {
  REQUIRE(stores.sql("SELECT count(*) FROM categories c WHERE "
                     "sold <> (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.event_id = c.event_id "
                     "         AND o.category_id = c.id AND o.status = 'confirmed') OR "
                     "held <> (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.event_id = c.event_id "
                     "         AND o.category_id = c.id AND o.status = 'reserved')") == "0");
  REQUIRE(stores.sql("SELECT (SELECT count(*) FROM tickets) = "
                     "(SELECT coalesce(sum(quantity), 0) FROM orders WHERE status = 'confirmed')") == "t");
  REQUIRE(stores.sql("SELECT count(*) = coalesce(max(number), 0) AND count(*) = "
                     "(SELECT count(*) FROM orders WHERE status = 'confirmed') FROM invoices") == "t");
}

}  // namespace

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

TEST_CASE("a hold that ends gives its tickets back", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto never_sent = reserve(stores, 2);
  REQUIRE(expire(stores).empty());
  REQUIRE(stores.sql("SELECT revision FROM events") == "2");
  let_holds_end(stores);
  const auto expired = expire(stores);
  REQUIRE(expired.size() == 1);
  REQUIRE(expired[0].order == never_sent);
  REQUIRE(expired[0].status == order_status::expired);
  REQUIRE(stores.find(never_sent).reason == order_reason::hold_expired);
  REQUIRE(stock(stores) == "0 held 0 sold");
  REQUIRE(payment_of(stores, never_sent) == "over");
  REQUIRE(stores.sql("SELECT revision FROM events") == "3");
  REQUIRE(expire(stores).empty());
  REQUIRE(claim(stores, 10).empty());

  // One that was sent is asked about until its outcome is known.
  const auto sent = reserve(stores, 2);
  REQUIRE(claim(stores, 10).size() == 1);
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, sent) == "pending");
  audit(stores);
}

TEST_CASE("what never reached the provider is not charged after its hold", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  // Unreachable at both attempts, one of them recorded twice.
  const auto before_its_end = reserve(stores, 1);
  for (int attempt : {1, 2}) {
    REQUIRE(claim(stores, 10).size() == 1);
    REQUIRE(record(stores, {not_sent(before_its_end, attempt)}).empty());
    REQUIRE(record(stores, {not_sent(before_its_end, attempt)}).empty());
    REQUIRE(payment_of(stores, before_its_end) == "pending");
  }
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, before_its_end) == "over");

  // The attempt is under way while the hold ends.
  const auto across_its_end = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 1);
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, across_its_end) == "pending");
  REQUIRE(record(stores, {not_sent(across_its_end, 1)}).empty());
  REQUIRE(payment_of(stores, across_its_end) == "over");
  REQUIRE(claim(stores, 10).empty());
  audit(stores);
}

TEST_CASE("of what may have reached the provider once, the outcome is asked for whatever comes later",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 1);
  REQUIRE(record(stores, {charged(id, payment_result::unknown)}).empty());
  for (int attempt : {2, 3}) {
    REQUIRE(claim(stores, 10).size() == 1);
    REQUIRE(record(stores, {not_sent(id, attempt)}).empty());
  }
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  REQUIRE(payment_of(stores, id) == "pending");
  REQUIRE(claim(stores, 10).size() == 1);
  REQUIRE(record(stores, {not_sent(id, 4)}).empty());
  REQUIRE(payment_of(stores, id) == "pending");
  audit(stores);
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

TEST_CASE("two workers expire each hold once", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 60; ++i) orders.push_back(stores.order("standing", 1));
  stores.settle(orders, payment_mode::charge);
  let_holds_end(stores);
  std::multiset<domain::order_id> expired;
  const std::vector<std::string> events{"gig"};
  const auto worker = [&]() -> awaitable<> {
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    for (;;) {
      const auto some = co_await orders::expire_old_holds((*session)->payments(), events, 7, test::soon());
      REQUIRE(some.has_value());
      if (some->empty() && expired.size() >= orders.size()) break;
      for (const auto& change : changes_of(*some)) expired.insert(change.order);
    }
  };
  bool is_other_done = false;
  async::spawn(stores.io.get_executor(), "other worker", [&]() -> awaitable<> {
    co_await worker();
    is_other_done = true;
  });
  stores.run(worker());
  while (!is_other_done) stores.io.run_one();
  REQUIRE(expired.size() == 60);
  REQUIRE(std::set<domain::order_id>(expired.begin(), expired.end()).size() == 60);
  REQUIRE(stock(stores) == "0 held 0 sold");
  audit(stores);
}

TEST_CASE("a charge that succeeds after its hold gets tickets while there are any", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(3));
  const auto first = reserve(stores, 1);
  const auto second = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 2);
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 2);
  stores.settle({stores.order("standing", 2)}, payment_mode::confirm_at_once);  // one is left

  const auto changes =
      record(stores, {charged(first, payment_result::succeeded), charged(second, payment_result::succeeded)});
  REQUIRE(changes.size() == 1);
  REQUIRE(changes[0].order == first);
  REQUIRE(changes[0].status == order_status::confirmed);
  REQUIRE(stores.find(first).tickets.size() == 1);
  REQUIRE(stores.find(second).status == order_status::expired);
  REQUIRE(payment_of(stores, second) == "refund_due");
  REQUIRE(stock(stores) == "0 held 3 sold");
  audit(stores);

  REQUIRE(record(stores, {charged(second, payment_result::succeeded)}).empty());
  const auto due = claim(stores, 10);
  REQUIRE(due.size() == 1);
  REQUIRE(due[0].task == payment_task::refund);
  REQUIRE(due[0].order == second);
  REQUIRE(due[0].intent_id == "pi_" + second.to_string());
  REQUIRE(record(stores, {refunded(second, payment_result::unknown)}).empty());
  REQUIRE(payment_of(stores, second) == "refund_due");
  REQUIRE(claim(stores, 10).size() == 1);
  REQUIRE(record(stores, {refunded(second, payment_result::succeeded)}).empty());
  REQUIRE(record(stores, {refunded(second, payment_result::succeeded)}).empty());
  REQUIRE(payment_of(stores, second) == "refunded");
  REQUIRE(claim(stores, 10).empty());
  stores.sql("UPDATE payments SET due_at = now()");  // what is over is never asked for again, whatever somebody writes
  REQUIRE(claim(stores, 10).empty());
}

TEST_CASE("a late success is given back where its buyer has bought again, in the same batch or before",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto expire_claimed = [&](const domain::accepted_order& order) {
    stores.settle({order}, payment_mode::charge);
    REQUIRE_FALSE(claim(stores, 10).empty());  // with the refunds of before
    let_holds_end(stores);
    REQUIRE(expire(stores).size() == 1);
  };
  const auto order_of = [&](const std::string& email) {
    auto order = stores.order("standing", 1, email);
    order.accepted_at = domain::now();
    return order;
  };
  const auto payments_after = [&](const std::string& email, payment_result of_again, bool is_in_one_batch) {
    const auto first = order_of(email);
    expire_claimed(first);
    const auto again = order_of(email);
    stores.settle({again}, payment_mode::charge);
    if (is_in_one_batch) {
      record(stores, {charged(first.id, payment_result::succeeded), charged(again.id, of_again)});
    } else {
      record(stores, {charged(again.id, of_again)});
      record(stores, {charged(first.id, payment_result::succeeded)});
    }
    return payment_of(stores, first.id).substr(0, 7) + ", " + payment_of(stores, again.id).substr(0, 7);
  };
  int buyers = 0;
  for (const bool is_in_one_batch : {true, false}) {
    const auto email = [&] { return "again" + std::to_string(++buyers) + "@example.com"; };
    REQUIRE(payments_after(email(), payment_result::succeeded, is_in_one_batch) == "refund_, charged");
    REQUIRE(payments_after(email(), payment_result::declined, is_in_one_batch) == "charged, over");
  }

  // Both are over, and both are charged late.
  const auto first = order_of("twice@example.com");
  expire_claimed(first);
  const auto again = order_of("twice@example.com");
  expire_claimed(again);
  record(stores, {charged(first.id, payment_result::succeeded), charged(again.id, payment_result::succeeded)});
  REQUIRE(payment_of(stores, first.id) == "refund_due");
  REQUIRE(stores.find(again.id).status == order_status::confirmed);
  audit(stores);
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

TEST_CASE("a refund that the provider has taken on is asked about by its id until it ends",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(3));
  const auto id = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 1);
  let_holds_end(stores);
  REQUIRE(expire(stores).size() == 1);
  stores.settle({stores.order("standing", 3)}, payment_mode::confirm_at_once);
  REQUIRE(record(stores, {charged(id, payment_result::succeeded)}).empty());
  REQUIRE(claim(stores, 10).front().task == payment_task::refund);
  auto taken_on = refunded(id, payment_result::under_way);
  taken_on.refund_id = "re_1";
  REQUIRE(record(stores, {taken_on}).empty());
  REQUIRE(payment_of(stores, id) == "refund_pending");
  for (const auto result : {payment_result::under_way, payment_result::unknown}) {
    const auto due = claim(stores, 10);
    REQUIRE(due.size() == 1);
    REQUIRE(due[0].task == payment_task::follow_refund);
    REQUIRE(due[0].refund_id == "re_1");
    auto followed = refunded(id, result);
    followed.task = payment_task::follow_refund;
    REQUIRE(record(stores, {followed}).empty());
    REQUIRE(payment_of(stores, id) == "refund_pending");
  }
  auto failed = refunded(id, payment_result::declined);
  failed.task = payment_task::follow_refund;
  REQUIRE(record(stores, {failed}).empty());
  REQUIRE(payment_of(stores, id) == "refund_failed");
  REQUIRE(claim(stores, 10).empty());
  audit(stores);
}

TEST_CASE("a decline after the hold is just that", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(3));
  const auto id = reserve(stores, 1);
  REQUIRE(claim(stores, 10).size() == 1);
  let_holds_end(stores);
  expire(stores);
  REQUIRE(record(stores, {charged(id, payment_result::declined)}).empty());
  REQUIRE(payment_of(stores, id) == "over");
  REQUIRE(stores.find(id).status == order_status::expired);
  audit(stores);
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
