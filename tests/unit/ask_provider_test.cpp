// One payment and the provider: what is asked, what is made of the answer, and when it is asked again.
#include "ticketd/orders/ask_provider.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_gateway.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"
#include "support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::payment_result;

namespace {

// One payment that is due.
struct fixture {
  asio::io_context io;
  test::fake_gateway gateway;
  test::fake_clock clock;
  domain::order_id_mint mint = test::make_mint();
  domain::attempt_terms terms;
  deadline until = deadline_in(10s);
  domain::due_payment due;

  fixture() { due.order = mint.mint_random({}); }

  void answer_with(payment_result result) {
    gateway.answer_with = [result](const auto&) { return result; };
  }

  orders::provider_reply ask() {
    return test::run_coroutine(io, orders::ask_provider(gateway, due, terms, clock.at, until));
  }
};

}  // namespace

TEST_CASE("a pause is not longer than we wait for anybody", "[ask_provider]") {
  fixture on;
  on.gateway.retry_after = 24h;
  CHECK(on.ask().pause == on.terms.pause_most);
}

TEST_CASE("what the provider said is passed on exactly, and asked again later and later", "[ask_provider]") {
  fixture on;
  for (const auto result : {payment_result::succeeded, payment_result::declined, payment_result::not_done,
                            payment_result::unknown, payment_result::our_mistake}) {
    on.answer_with(result);
    on.due.attempts = 3;
    on.due.attempts_not_done = 2;
    const auto outcome = on.ask().outcome;
    CHECK(outcome.result == result);
    CHECK(outcome.attempt == 3);
    CHECK(outcome.ask_again == 1000ms);
    CHECK(on.gateway.last_deadline == on.until);
  }
  on.due.attempts = 1000;
  CHECK(on.ask().outcome.ask_again == on.terms.retry_most);
  on.due.task = domain::payment_task::refund;
  on.ask();
  CHECK(on.gateway.refunds[on.due.order] == 1);

  // A refund that is under way is not asked for again, but about, and seldom: it takes days.
  on.answer_with(payment_result::under_way);
  on.due.task = domain::payment_task::follow_refund;
  on.due.refund_id = "re_1";
  const auto followed = on.ask().outcome;
  CHECK(on.gateway.followed["re_1"] == 1);
  CHECK(on.gateway.refunds[on.due.order] == 1);
  CHECK(followed.result == payment_result::under_way);
  CHECK(followed.refund_id == "re_" + on.due.order.to_string());
  CHECK(followed.ask_again == on.terms.follow_most);
}

TEST_CASE("a charge that is older than the provider's memory of keys is looked up, and charged only if it is absent",
          "[ask_provider]") {
  fixture on;
  on.due.attempts = 6;
  const auto ask = [&](std::chrono::minutes age, payment_result answer) {
    on.due.first_asked_at = on.clock.at - age;
    on.answer_with(answer);
    return on.ask().outcome;
  };
  CHECK(ask(22h + 59min, payment_result::succeeded).result == payment_result::succeeded);
  CHECK(on.gateway.charges[on.due.order] == 1);
  for (const auto found : {payment_result::succeeded, payment_result::declined, payment_result::unknown})
    CHECK(ask(23h, found).result == found);
  CHECK(ask(23h, payment_result::succeeded).intent_id == "pi_" + on.due.order.to_string());
  CHECK(ask(23h + 59min, payment_result::absent).result == payment_result::unknown);  // the look-up may be behind
  CHECK(ask(24h, payment_result::absent).result == payment_result::absent);
  CHECK(on.gateway.charges[on.due.order] == 1);
  CHECK(on.gateway.look_ups[on.due.order] == 6);
}

TEST_CASE("of a charge in doubt every other attempt is a look-up", "[ask_provider]") {
  fixture on;
  on.due.first_asked_at = on.clock.at;
  on.answer_with(payment_result::unknown);
  for (on.due.attempts = 1; on.due.attempts <= 6; ++on.due.attempts) on.ask();
  CHECK(on.gateway.charges[on.due.order] == 4);
  CHECK(on.gateway.look_ups[on.due.order] == 2);
  // What is seen of a charge while an earlier call may still be at work on it is not its end, unless it is a success.
  on.due.attempts = 3;
  const auto look_up = [&](payment_result seen, std::chrono::seconds age) {
    on.due.first_asked_at = on.clock.at - age;
    on.answer_with(seen);
    return on.ask().outcome.result;
  };
  CHECK(look_up(payment_result::declined, 20s) == payment_result::unknown);
  CHECK(look_up(payment_result::our_mistake, 20s) == payment_result::unknown);
  CHECK(look_up(payment_result::succeeded, 20s) == payment_result::succeeded);
  CHECK(look_up(payment_result::declined, 60s) == payment_result::declined);
  // Where every attempt until now certainly did nothing, nothing is in doubt.
  for (on.due.attempts = 1; on.due.attempts <= 6; ++on.due.attempts) {
    on.due.attempts_not_done = on.due.attempts - 1;
    on.ask();
  }
  CHECK(on.gateway.charges[on.due.order] == 10);
}
