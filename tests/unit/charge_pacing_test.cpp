// How much of the provider may be asked, and when, with the time of a test.
#include "orders/charge_pacing.hpp"
#include "support/catch2.hpp"
#include "ticketd/domain/order_id_mint.hpp"

using namespace ticketd;
using namespace std::chrono_literals;
using domain::payment_result;
using domain::payment_task;

namespace {

struct provider {
  domain::order_id_mint mint{domain::secrets{"a secret of the tests"}};
  orders::charge_settings settings = [] {
    orders::charge_settings small;
    small.window = {.floor = 1, .first = 8, .ceiling = 8};
    small.refunds_at_once = 2;
    return small;
  }();
  orders::charge_pacing pacing{settings};
  orders::charge_pacing::time_point now{1h};

  void begin(int calls, payment_task task = payment_task::charge) {
    for (int i = 0; i < calls; ++i) pacing.begin(task);
  }

  domain::order_id answer(payment_result result, std::chrono::seconds pause = 0s,
                          payment_task task = payment_task::charge) {
    orders::provider_reply reply;
    reply.outcome.order = mint.mint_random({});
    reply.outcome.task = task;
    reply.outcome.result = result;
    reply.pause = pause;
    pacing.note_answer(reply, now, now);
    return reply.outcome.order;
  }
};

}  // namespace

TEST_CASE("charges are claimed when a quarter of the window is free", "[charge_pacing]") {
  provider on;
  CHECK(on.pacing.charges_to_claim(on.now) == 8);
  on.begin(6);
  CHECK(on.pacing.charges_to_claim(on.now) == 2);
  on.begin(1);
  CHECK(on.pacing.charges_to_claim(on.now) == 0);
  on.answer(payment_result::succeeded);
  CHECK(on.pacing.charges_to_claim(on.now) == 0);  // not before it is written
  on.pacing.end(payment_task::charge);
  CHECK(on.pacing.charges_to_claim(on.now) == 2);
}

TEST_CASE("refunds have places of their own", "[charge_pacing]") {
  provider on;
  on.begin(2, payment_task::refund);
  CHECK(on.pacing.refunds_to_claim(on.now) == 0);
  CHECK(on.pacing.charges_to_claim(on.now) == 8);
  CHECK_FALSE(on.pacing.is_idle());
  on.pacing.end(payment_task::follow_refund);
  on.begin(8);
  CHECK(on.pacing.refunds_to_claim(on.now) == 1);
  on.pacing.end(payment_task::refund);
  CHECK_FALSE(on.pacing.is_idle());
  for (int i = 0; i < 8; ++i) on.pacing.end(payment_task::charge);
  CHECK(on.pacing.is_idle());
}

TEST_CASE("a pause that the provider asks for is kept by charges and refunds, and the longest counts",
          "[charge_pacing]") {
  provider on;
  on.answer(payment_result::not_done, 10s);
  on.answer(payment_result::not_done, 2s, payment_task::refund);
  CHECK(on.pacing.paused_until() == on.now + 10s);
  CHECK(on.pacing.is_paused(on.now + 10s - 1ns));
  CHECK(on.pacing.refunds_to_claim(on.now) == 0);
  CHECK_FALSE(on.pacing.is_paused(on.now + 10s));
  CHECK(on.pacing.refunds_to_claim(on.now + 10s) == 2);
}

TEST_CASE("where nothing was to be claimed it is looked again after a poll, or when the rate allows it",
          "[charge_pacing]") {
  provider on;
  CHECK(on.pacing.next_look(on.now) == on.now + on.settings.poll);
  on.settings.a_second = 10;
  on.pacing = orders::charge_pacing(on.settings);
  CHECK(on.pacing.charges_to_claim(on.now) == 1);
  on.begin(1);
  CHECK(on.pacing.charges_to_claim(on.now) == 0);
  CHECK(on.pacing.refunds_to_claim(on.now) == 0);
  CHECK(on.pacing.next_look(on.now) == on.now + 100ms);
  CHECK(on.pacing.charges_to_claim(on.now + 100ms) == 1);
}

TEST_CASE("an order that is refused as wrong has its turn now and then", "[charge_pacing]") {
  provider on;
  CHECK(on.pacing.is_turn_of_refused(on.now));
  on.pacing.note_refused_tried(on.now);
  CHECK_FALSE(on.pacing.is_turn_of_refused(on.now + on.settings.probe - 1ns));
  CHECK(on.pacing.is_turn_of_refused(on.now + on.settings.probe));
}

TEST_CASE("while charging is slowed one charge at a time is tried", "[charge_pacing]") {
  provider on;
  on.begin(2);
  const auto refused = on.answer(payment_result::our_mistake);
  CHECK(on.pacing.health().is_slowed());
  REQUIRE(on.pacing.health().refused().size() == 1);
  CHECK(on.pacing.health().refused()[0].order == refused);
  on.pacing.end(payment_task::charge);
  CHECK_FALSE(on.pacing.may_probe());
  on.pacing.end(payment_task::charge);
  CHECK(on.pacing.may_probe());
  on.answer(payment_result::our_mistake, 0s, payment_task::refund);  // says nothing about charges
  CHECK(on.pacing.health().refused().size() == 1);
}
