// What a batch of the provider's answers makes of orders and stock, without a database.
#include "ticketd/domain/payment_settlement.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <string>
#include <vector>

using namespace ticketd::domain;
using namespace std::chrono_literals;

namespace {

order_id_mint& mint() {
  static order_id_mint instance = ticketd::test::make_mint();
  return instance;
}

ticket_printer& printer() {
  static ticket_printer instance = ticketd::test::make_printer();
  return instance;
}

charged_order order_of(const std::string& email, int quantity, order_status status = order_status::reserved) {
  auto order = ticketd::test::charged_order_of_gig(mint().mint_random({}), quantity, email);
  order.status = status;
  return order;
}

payment_context context_of(std::vector<charged_order> orders, int remaining) {
  payment_context context;
  context.orders = std::move(orders);
  context.remaining[{"gig", "standing"}] = remaining;
  context.last_invoices["gig"] = 41;
  return context;
}

payment_outcome outcome(const charged_order& of, payment_result result, payment_task task = payment_task::charge) {
  payment_outcome made;
  made.order = of.id;
  made.task = task;
  made.result = result;
  made.attempt = of.attempts;
  made.ask_again = 250ms;
  if (result == payment_result::succeeded) made.intent_id = "pi_1";
  return made;
}

std::vector<payment_decision> settle(payment_context context, const std::vector<payment_outcome>& outcomes) {
  return settle_payments(std::move(context), outcomes, printer());
}

}  // namespace

TEST_CASE("a charge that succeeded confirms, with tickets and the next invoice", "[payment_settlement]") {
  const auto order = order_of("a@x", 2);
  const auto decisions = settle(context_of({order}, 0), {outcome(order, payment_result::succeeded)});
  REQUIRE(decisions.size() == 1);
  const auto& decided = decisions[0];
  CHECK(decided.has_new_status);
  CHECK(decided.was_reserved);
  CHECK(decided.order.status == order_status::confirmed);
  CHECK(decided.reason == order_reason::none);
  CHECK(decided.invoice == 42);
  CHECK(decided.ticket_codes == printer().codes(order.id, 2));
  REQUIRE(decided.payment);
  CHECK(decided.payment->status == payment_status::succeeded);
  CHECK(decided.payment->intent_id == "pi_1");
  CHECK(decided.is_confirmed_now());
  CHECK(decided.charge_id() == "pi_1");
  CHECK_FALSE(decided.payment->due_in);
}

TEST_CASE("invoices are numbered in the order of the outcomes", "[payment_settlement]") {
  const auto first = order_of("a@x", 1);
  const auto second = order_of("b@x", 1);
  const auto decisions = settle(context_of({first, second}, 0), {outcome(second, payment_result::succeeded),
                                                                 outcome(first, payment_result::succeeded)});
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].invoice == 43);
  CHECK(decisions[1].invoice == 42);
}

TEST_CASE("a decline gives the tickets back, and a late success behind it takes them", "[payment_settlement]") {
  const auto declined = order_of("a@x", 2);
  const auto late = order_of("b@x", 2, order_status::expired);
  const auto decisions = settle(context_of({declined, late}, 0), {outcome(declined, payment_result::declined),
                                                                  outcome(late, payment_result::succeeded)});
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].order.status == order_status::payment_failed);
  CHECK(decisions[0].reason == order_reason::payment_declined);
  CHECK_FALSE(decisions[0].is_confirmed_now());
  CHECK(decisions[1].order.status == order_status::confirmed);
  CHECK_FALSE(decisions[1].was_reserved);
}

TEST_CASE("the last ticket goes to the first late success, the other's money goes back", "[payment_settlement]") {
  const auto first = order_of("a@x", 1, order_status::expired);
  const auto second = order_of("b@x", 1, order_status::expired);
  const auto decisions = settle(context_of({second, first}, 1), {outcome(first, payment_result::succeeded),
                                                                 outcome(second, payment_result::succeeded)});
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].payment->status == payment_status::refund_due);
  CHECK(decisions[0].payment->due_in == 0ms);
  CHECK_FALSE(decisions[0].has_new_status);
  CHECK_FALSE(decisions[0].charge_id());  // the order has no part in it
  CHECK(decisions[1].order.status == order_status::confirmed);
  CHECK(decisions[1].charge_id() == "pi_1");
}

TEST_CASE("a late success beyond the buyer's limit is given back", "[payment_settlement]") {
  auto late = order_of("a@x", 2, order_status::expired);
  const auto is_served = [&](int tickets_of_buyer) {
    auto context = context_of({late}, 100);
    context.tickets_of_buyer[{"gig", "a@x"}] = tickets_of_buyer;
    const auto decisions = settle(context, {outcome(late, payment_result::succeeded)});
    REQUIRE(decisions.size() == 1);
    return decisions[0].payment->status == payment_status::succeeded;
  };
  CHECK(is_served(2));  // of the event's four
  CHECK_FALSE(is_served(3));
  late.terms_max_per_buyer = 5;  // as the buyer saw them, whatever the event's are by now
  CHECK(is_served(3));
  late.terms_max_per_buyer = 3;
  CHECK_FALSE(is_served(2));
}

TEST_CASE("of two late successes of one buyer the second counts what the first was given", "[payment_settlement]") {
  const auto first = order_of("a@x", 3, order_status::expired);
  const auto second = order_of("a@x", 2, order_status::expired);
  const auto decisions = settle(context_of({first, second}, 100), {outcome(first, payment_result::succeeded),
                                                                   outcome(second, payment_result::succeeded)});
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].order.status == order_status::confirmed);
  CHECK(decisions[1].payment->status == payment_status::refund_due);
}

TEST_CASE("a late success whose buyer has bought again goes back", "[payment_settlement]") {
  auto late = order_of("a@x", 1, order_status::expired);
  late.updated_at = timestamp(24h);
  late.newest_other_accepted_at = late.updated_at + 1us;
  auto decisions = settle(context_of({late}, 100), {outcome(late, payment_result::succeeded)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::refund_due);
  CHECK_FALSE(decisions[0].has_new_status);
  late.newest_other_accepted_at = late.updated_at;  // that was wanted beside it
  decisions = settle(context_of({late}, 100), {outcome(late, payment_result::succeeded)});
  CHECK(decisions[0].order.status == order_status::confirmed);
}

TEST_CASE("what a batch makes of a buyer's later order counts, whichever outcome came first", "[payment_settlement]") {
  const timestamp noon(24h);
  // Bought at noon, and over five minutes later; bought again after ten.
  auto first = order_of("a@x", 1, order_status::expired);
  first.accepted_at = noon;
  first.updated_at = noon + 5min;
  auto again = order_of("a@x", 1);
  again.accepted_at = noon + 10min;
  int limit = 1;
  const auto decide = [&](payment_result of_again, bool is_first) {
    auto context = context_of({first, again}, 100);
    context.tickets_of_buyer[{"gig", "a@x"}] = holds_tickets(again.status) ? 1 : 0;
    for (auto& order : context.orders) order.event_max_per_buyer = limit;
    std::vector outcomes{outcome(first, payment_result::succeeded), outcome(again, of_again)};
    if (!is_first) std::swap(outcomes[0], outcomes[1]);
    return settle(std::move(context), outcomes);
  };
  for (const bool is_first : {true, false}) {
    auto decisions = decide(payment_result::succeeded, is_first);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].payment->status == payment_status::refund_due);
    CHECK(decisions[1].order.status == order_status::confirmed);

    decisions = decide(payment_result::unknown, is_first);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].payment->status == payment_status::refund_due);

    decisions = decide(payment_result::declined, is_first);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].order.status == order_status::confirmed);
    CHECK(decisions[1].order.status == order_status::payment_failed);

    // Over as well, and charged late, too.
    again.status = order_status::expired;
    again.updated_at = noon + 15min;
    decisions = decide(payment_result::succeeded, is_first);
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].payment->status == payment_status::refund_due);
    CHECK(decisions[1].order.status == order_status::confirmed);
    again.status = order_status::reserved;
  }
  // An order that was there before the first one was over is one that the buyer wanted beside it.
  again.accepted_at = noon + 4min;
  limit = 2;
  const auto decisions = decide(payment_result::succeeded, true);
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].order.status == order_status::confirmed);
  CHECK(decisions[1].order.status == order_status::confirmed);
}

TEST_CASE("of two late successes of one buyer the earlier order is served where the later one can't be",
          "[payment_settlement]") {
  const timestamp noon(24h);
  auto first = order_of("a@x", 1, order_status::expired);
  first.accepted_at = noon;
  first.updated_at = noon + 5min;
  auto again = order_of("a@x", 3, order_status::expired);
  again.accepted_at = noon + 10min;
  again.updated_at = noon + 15min;
  const auto decisions = settle(context_of({first, again}, 2),
                                {outcome(first, payment_result::succeeded), outcome(again, payment_result::succeeded)});
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].order.status == order_status::confirmed);
  CHECK(decisions[1].payment->status == payment_status::refund_due);
}

TEST_CASE("a later order that somebody else holds at the moment is known all the same", "[payment_settlement]") {
  const timestamp noon(24h);
  auto first = order_of("a@x", 1, order_status::expired);
  first.updated_at = noon;
  auto again = order_of("a@x", 1);
  again.accepted_at = noon + 1min;
  auto context = context_of({first}, 100);
  context.passed_over = {again};
  auto decisions = settle(context, {outcome(first, payment_result::succeeded)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::refund_due);
  context.passed_over[0].status = order_status::payment_failed;
  decisions = settle(context, {outcome(first, payment_result::succeeded)});
  CHECK(decisions[0].order.status == order_status::confirmed);
}

TEST_CASE("what is not known is asked about again", "[payment_settlement]") {
  const auto order = order_of("a@x", 1);
  for (const auto result : {payment_result::unknown, payment_result::our_mistake, payment_result::not_done}) {
    const auto decisions = settle(context_of({order}, 0), {outcome(order, result)});
    REQUIRE(decisions.size() == 1);
    CHECK_FALSE(decisions[0].has_new_status);
    CHECK(decisions[0].payment->status == payment_status::pending);
    CHECK(decisions[0].payment->due_in == 250ms);
    CHECK(decisions[0].payment->attempts_not_done == (result == payment_result::unknown ? 0 : 1));
  }
}

TEST_CASE("an order that was only ever refused as wrong, or turned away, is never charged once it is over",
          "[payment_settlement]") {
  for (const auto result : {payment_result::our_mistake, payment_result::not_done}) {
    const auto late = order_of("a@x", 1, order_status::expired);
    const auto decisions = settle(context_of({late}, 100), {outcome(late, result)});
    REQUIRE(decisions.size() == 1);
    CHECK(decisions[0].payment->status == payment_status::canceled);
    CHECK_FALSE(decisions[0].has_new_status);
  }
}

TEST_CASE("an attempt that was not sent says nothing of an earlier one", "[payment_settlement]") {
  auto order = order_of("a@x", 1, order_status::expired);
  order.attempts = 2;
  auto decisions = settle(context_of({order}, 0), {outcome(order, payment_result::not_done)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::pending);

  order.attempts_not_done = 1;
  decisions = settle(context_of({order}, 0), {outcome(order, payment_result::not_done)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::canceled);
  CHECK(decisions[0].payment->attempts_not_done == 2);
}

TEST_CASE("what was looked up and is absent was never charged, whatever was asked before", "[payment_settlement]") {
  auto order = order_of("a@x", 1, order_status::expired);
  order.attempts = 5;  // none of which was answered
  auto decisions = settle(context_of({order}, 100), {outcome(order, payment_result::absent)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::canceled);
  CHECK_FALSE(decisions[0].has_new_status);

  order.status = order_status::reserved;
  decisions = settle(context_of({order}, 100), {outcome(order, payment_result::absent)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::pending);  // and is charged anew
  CHECK(decisions[0].payment->attempts_not_done == 5);

  order.status = order_status::expired;
  auto before_another = outcome(order, payment_result::absent);
  before_another.attempt = 4;
  decisions = settle(context_of({order}, 100), {before_another});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::pending);
}

TEST_CASE("an outcome that comes twice, or of nobody's order, decides nothing", "[payment_settlement]") {
  const auto order = order_of("a@x", 1);
  const auto once = outcome(order, payment_result::succeeded);
  const auto decisions = settle(context_of({order}, 0), {once, once, outcome(order_of("b@x", 1), once.result)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].invoice == 42);

  auto confirmed = order;
  confirmed.status = order_status::confirmed;
  confirmed.payment = payment_status::succeeded;
  CHECK(settle(context_of({confirmed}, 0), {once}).empty());
}

TEST_CASE("a refund that the provider refuses is a failed refund, not a decline", "[payment_settlement]") {
  auto order = order_of("a@x", 1, order_status::expired);
  order.payment = payment_status::refund_due;
  const auto refused = settle(context_of({order}, 0), {outcome(order, payment_result::declined, payment_task::refund)});
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].payment->status == payment_status::refund_failed);
  const auto done = settle(context_of({order}, 0), {outcome(order, payment_result::succeeded, payment_task::refund)});
  REQUIRE(done.size() == 1);
  CHECK(done[0].payment->status == payment_status::refunded);
  CHECK_FALSE(done[0].payment->intent_id);
}

TEST_CASE("a refund that the provider has taken on is followed by its id", "[payment_settlement]") {
  auto order = order_of("a@x", 1, order_status::expired);
  order.payment = payment_status::refund_due;
  auto taken_on = outcome(order, payment_result::under_way, payment_task::refund);
  taken_on.refund_id = "re_1";
  auto decisions = settle(context_of({order}, 0), {taken_on});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::refund_pending);
  CHECK(decisions[0].payment->refund_id == "re_1");
  CHECK(decisions[0].payment->due_in == 250ms);
  CHECK_FALSE(decisions[0].has_new_status);

  order.payment = payment_status::refund_pending;
  decisions = settle(context_of({order}, 0), {outcome(order, payment_result::unknown, payment_task::follow_refund)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::refund_pending);
  CHECK_FALSE(decisions[0].payment->refund_id);  // as it was
  CHECK(decisions[0].payment->due_in == 250ms);
  decisions = settle(context_of({order}, 0), {outcome(order, payment_result::declined, payment_task::follow_refund)});
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].payment->status == payment_status::refund_failed);
  CHECK_FALSE(decisions[0].payment->due_in);
}

TEST_CASE("a hold that is over takes its payment along only if that was never sent", "[payment_settlement]") {
  auto never_sent = order_of("a@x", 1);
  never_sent.attempts = 0;
  auto sent = order_of("b@x", 1);
  auto refused = order_of("c@x", 1);
  refused.attempts = refused.attempts_not_done = 3;
  const auto decisions = expire_holds(context_of({never_sent, sent, refused}, 0));
  REQUIRE(decisions.size() == 3);
  for (const auto& decided : decisions) {
    CHECK(decided.has_new_status);
    CHECK(decided.order.status == order_status::expired);
    CHECK(decided.reason == order_reason::hold_expired);
  }
  CHECK(decisions[0].payment->status == payment_status::canceled);
  CHECK(decisions[1].payment->status == payment_status::pending);  // in doubt, and asked about when its time comes
  CHECK_FALSE(decisions[1].payment->due_in);
  CHECK(decisions[2].payment->status == payment_status::canceled);
  CHECK(decisions[2].payment->attempts_not_done == 3);
}

TEST_CASE("a hold that somebody else has ended does not end again", "[payment_settlement]") {
  auto sent = order_of("a@x", 2, order_status::expired);
  sent.attempts = 1;
  const auto decisions = expire_holds(context_of({sent}, 0));
  REQUIRE(decisions.size() == 1);
  CHECK_FALSE(decisions[0].has_new_status);
  CHECK(decisions[0].payment->status == payment_status::pending);
}

TEST_CASE("a payment is kept, and due, as long as the provider is to be asked", "[payment_settlement]") {
  const auto change_of = [](const charged_order& order, payment_result result, payment_task task) {
    const auto decisions = settle(context_of({order}, 0), {outcome(order, result, task)});
    REQUIRE(decisions.size() == 1);
    return *decisions[0].payment;
  };
  auto order = order_of("a@x", 1);
  for (const auto over : {payment_result::succeeded, payment_result::declined})
    CHECK_FALSE(change_of(order, over, payment_task::charge).is_kept);
  const auto again = change_of(order, payment_result::unknown, payment_task::charge);
  CHECK((again.is_kept && again.is_due && again.is_on_hold));
  order.status = order_status::expired;
  order.payment = payment_status::refund_due;
  const auto later = change_of(order, payment_result::under_way, payment_task::refund);
  CHECK((later.is_kept && later.is_due && !later.is_on_hold));
  for (const auto over : {payment_result::succeeded, payment_result::declined}) {
    const auto change = change_of(order, over, payment_task::refund);
    CHECK((change.is_kept && !change.is_due));  // for the audit, and a person to look at
  }
  auto never_sent = order_of("a@x", 1);
  never_sent.attempts = 0;
  const auto ended = expire_holds(context_of({never_sent, order_of("b@x", 1)}, 0));
  CHECK_FALSE(ended[0].payment->is_kept);
  CHECK((ended[1].payment->is_kept && ended[1].payment->is_due && !ended[1].payment->is_on_hold));
}

TEST_CASE("payment states are written and read by the schema's names", "[payment_settlement]") {
  using enum payment_status;
  for (const auto status :
       {pending, succeeded, declined, canceled, refund_due, refund_pending, refunded, refund_failed})
    CHECK(parse_payment_status(to_string(status)) == status);
  CHECK_FALSE(parse_payment_status("Pending"));
}

TEST_CASE("where a payment stands says what the provider is asked next, if anything", "[payment]") {
  CHECK(next_task(payment_status::pending) == payment_task::charge);
  CHECK(next_task(payment_status::refund_due) == payment_task::refund);
  CHECK(next_task(payment_status::refund_pending) == payment_task::follow_refund);
  for (const auto status : {payment_status::succeeded, payment_status::declined, payment_status::canceled})
    CHECK((!next_task(status) && ends_with_order(status)));
  for (const auto status : {payment_status::refunded, payment_status::refund_failed})
    CHECK((!next_task(status) && !ends_with_order(status)));
}
