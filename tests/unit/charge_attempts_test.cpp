// When the provider is asked again, for the charge or about it, and what a look-up proves.
#include "ticketd/domain/charge_attempts.hpp"
#include "support/catch2.hpp"

#include <chrono>

using namespace ticketd::domain;
using namespace std::chrono_literals;

namespace {

const timestamp noon(1000h);
const attempt_terms terms;

due_payment attempt(int number, std::chrono::seconds age = 0s, int not_done = 0) {
  due_payment due;
  due.attempts = number;
  due.attempts_not_done = not_done;
  due.first_asked_at = noon - age;
  return due;
}

}  // namespace

TEST_CASE("a charge is in doubt when an earlier attempt may have charged", "[charge_attempts]") {
  CHECK_FALSE(is_in_doubt(attempt(1)));
  CHECK(is_in_doubt(attempt(2)));
  CHECK(is_in_doubt(attempt(3, 0s, 1)));
  CHECK_FALSE(is_in_doubt(attempt(3, 0s, 2)));
}

TEST_CASE("every other attempt at a charge in doubt is a look-up, from the third on", "[charge_attempts]") {
  for (const int charged : {1, 2, 4, 6}) CHECK_FALSE(is_to_be_looked_up(attempt(charged), noon, terms));
  for (const int looked_up : {3, 5, 7}) CHECK(is_to_be_looked_up(attempt(looked_up), noon, terms));
  CHECK_FALSE(is_to_be_looked_up(attempt(3, 0s, 2), noon, terms));
}

TEST_CASE("what the provider may have forgotten the key of is looked up, whichever attempt it is",
          "[charge_attempts]") {
  CHECK_FALSE(is_to_be_looked_up(attempt(2, 23h - 1s), noon, terms));
  CHECK(is_to_be_looked_up(attempt(2, 23h), noon, terms));
  CHECK(is_to_be_looked_up(attempt(2, 23h, 1), noon, terms));
  due_payment never_asked = attempt(1);
  never_asked.first_asked_at.reset();
  CHECK_FALSE(is_to_be_looked_up(never_asked, noon, terms));
}

TEST_CASE("a refusal is believed when no earlier call can be at work, a success at once", "[charge_attempts]") {
  using enum payment_result;
  for (const auto seen : {declined, our_mistake}) {
    CHECK(judge_look_up(seen, attempt(3, 59s), noon, terms) == unknown);
    CHECK(judge_look_up(seen, attempt(3, 60s), noon, terms) == seen);
  }
  CHECK(judge_look_up(succeeded, attempt(3, 0s), noon, terms) == succeeded);
  CHECK(judge_look_up(unknown, attempt(3, 60s), noon, terms) == unknown);
}

TEST_CASE("that nothing is found is believed when nobody can have asked for it since", "[charge_attempts]") {
  using enum payment_result;
  CHECK(judge_look_up(absent, attempt(3, 24h - 1s), noon, terms) == unknown);
  CHECK(judge_look_up(absent, attempt(3, 24h), noon, terms) == absent);
}

TEST_CASE("the wait for the next attempt doubles up to its bound", "[charge_attempts]") {
  CHECK(wait_before_next(attempt(0), terms) == 250ms);
  CHECK(wait_before_next(attempt(1), terms) == 250ms);
  CHECK(wait_before_next(attempt(2), terms) == 500ms);
  CHECK(wait_before_next(attempt(7), terms) == 16s);
  CHECK(wait_before_next(attempt(8), terms) == 30s);
  due_payment followed = attempt(1'000'000);
  CHECK(wait_before_next(followed, terms) == 30s);
  followed.task = payment_task::follow_refund;
  CHECK(wait_before_next(followed, terms) == 600s);
}
