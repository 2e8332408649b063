#include "ticketd/domain/payment_verdict.hpp"
#include "support/catch2.hpp"
#include "ticketd/domain/order.hpp"

namespace {

using namespace ticketd::domain;
using result = payment_result;
using payment = payment_status;

payment_verdict charge(result outcome, payment of, order_status order, bool has_tickets = false) {
  return judge(payment_task::charge, outcome, of, order, has_tickets);
}

payment_verdict refund(result outcome, payment of) {
  return judge(payment_task::refund, outcome, of, order_status::expired, true);
}

payment_verdict follow(result outcome) {
  return judge(payment_task::follow_refund, outcome, payment::refund_pending, order_status::expired, true);
}

const payment_verdict nothing{};

}  // namespace

TEST_CASE("a charge decides a reservation", "[payment_verdict]") {
  const auto reserved = order_status::reserved;
  REQUIRE(charge(result::succeeded, payment::pending, reserved) ==
          payment_verdict{payment::succeeded, order_status::confirmed});
  REQUIRE(charge(result::declined, payment::pending, reserved) ==
          payment_verdict{payment::declined, order_status::payment_failed});
  for (const auto again : {result::unknown, result::not_done, result::absent, result::our_mistake})
    REQUIRE(charge(again, payment::pending, reserved) == payment_verdict{payment::pending, std::nullopt});
}

TEST_CASE("a late charge gets tickets if there are any, else the money goes back", "[payment_verdict]") {
  for (const auto before : {payment::pending, payment::canceled}) {
    REQUIRE(charge(result::succeeded, before, order_status::expired, true) ==
            payment_verdict{payment::succeeded, order_status::confirmed});
    REQUIRE(charge(result::succeeded, before, order_status::expired, false) ==
            payment_verdict{payment::refund_due, std::nullopt});
    REQUIRE(charge(result::declined, before, order_status::expired) ==
            payment_verdict{payment::declined, std::nullopt});
    REQUIRE(charge(result::unknown, before, order_status::expired) == payment_verdict{payment::pending, std::nullopt});
  }
}

TEST_CASE("a charge that never reached the provider ends with its order", "[payment_verdict]") {
  for (const auto before : {payment::pending, payment::canceled})
    for (const auto undone : {result::not_done, result::absent, result::our_mistake})
      REQUIRE(charge(undone, before, order_status::expired, true) == payment_verdict{payment::canceled, std::nullopt});
}

TEST_CASE("money that came in after a decline goes back", "[payment_verdict]") {
  REQUIRE(charge(result::succeeded, payment::declined, order_status::payment_failed, true) ==
          payment_verdict{payment::refund_due, std::nullopt});
}

TEST_CASE("an outcome that comes twice changes nothing", "[payment_verdict]") {
  for (const auto outcome :
       {result::succeeded, result::declined, result::unknown, result::not_done, result::our_mistake}) {
    REQUIRE(charge(outcome, payment::succeeded, order_status::confirmed, true) == nothing);
    REQUIRE(charge(outcome, payment::refund_due, order_status::expired, true) == nothing);
    REQUIRE(charge(outcome, payment::refunded, order_status::expired, true) == nothing);
    REQUIRE(charge(outcome, payment::refund_pending, order_status::expired, true) == nothing);
    REQUIRE(refund(outcome, payment::refunded) == nothing);
    REQUIRE(refund(outcome, payment::refund_failed) == nothing);
    REQUIRE(charge(outcome, payment::refund_failed, order_status::expired, true) == nothing);
    REQUIRE(refund(outcome, payment::succeeded) == nothing);
  }
  REQUIRE(charge(result::declined, payment::declined, order_status::payment_failed) == nothing);
  for (const auto again : {result::unknown, result::not_done, result::our_mistake})
    REQUIRE(charge(again, payment::declined, order_status::payment_failed) == nothing);
}

TEST_CASE("a refund ends, or is asked for again", "[payment_verdict]") {
  REQUIRE(refund(result::succeeded, payment::refund_due) == payment_verdict{payment::refunded, std::nullopt});
  REQUIRE(refund(result::declined, payment::refund_due) == payment_verdict{payment::refund_failed, std::nullopt});
  for (const auto again : {result::unknown, result::not_done, result::our_mistake})
    REQUIRE(refund(again, payment::refund_due) == payment_verdict{payment::refund_due, std::nullopt});
}

TEST_CASE("a refund that is under way is pending until it is made or fails", "[payment_verdict]") {
  REQUIRE(refund(result::under_way, payment::refund_due) == payment_verdict{payment::refund_pending, std::nullopt});
  REQUIRE(follow(result::succeeded) == payment_verdict{payment::refunded, std::nullopt});
  REQUIRE(follow(result::declined) == payment_verdict{payment::refund_failed, std::nullopt});
  for (const auto again : {result::under_way, result::unknown, result::not_done, result::our_mistake})
    REQUIRE(follow(again) == payment_verdict{payment::refund_pending, std::nullopt});
}
