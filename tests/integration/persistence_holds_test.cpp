// Holds that end, charges that succeed afterwards, and their refunds, on a real PostgreSQL.
#include "support/payments.hpp"
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/payment_transactions.hpp"

#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using domain::order_reason;
using domain::order_status;
using domain::payment_mode;
using domain::payment_result;
using domain::payment_task;

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
