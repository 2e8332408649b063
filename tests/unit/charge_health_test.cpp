// Whether charging slows, by what the provider says of what we send.
#include "ticketd/orders/charge_health.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"

#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::payment_result;

namespace {

struct charges {
  domain::order_id_mint mint = test::make_mint();
  orders::charge_health health;
  orders::charge_health::time_point now{1h};

  [[nodiscard]] std::vector<domain::order_id> refused() const {
    std::vector<domain::order_id> orders;
    for (const auto& charge : health.refused()) {
      CHECK(charge.attempt == 7);
      orders.push_back(charge.order);
    }
    return orders;
  }

  domain::order_id answer(payment_result result) { return answer(mint.mint_random({}), result); }
  domain::order_id answer(const domain::order_id& order, payment_result result) {
    domain::payment_outcome outcome;
    outcome.order = order;
    outcome.result = result;
    outcome.attempt = 7;
    health.note(outcome, now);
    return order;
  }
};

}  // namespace

TEST_CASE("where nothing was understood lately one mistake slows, until something is", "[charge_health]") {
  charges on;
  const auto refused = on.answer(payment_result::our_mistake);
  CHECK(on.health.is_slowed());
  CHECK(on.refused() == std::vector{refused});
  for (const auto nothing : {payment_result::unknown, payment_result::not_done, payment_result::absent})
    on.answer(nothing);
  CHECK(on.health.is_slowed());
  on.answer(payment_result::declined);
  CHECK_FALSE(on.health.is_slowed());
  CHECK(on.refused().size() == 1);  // it is its own fault, as it seems
  on.now += 11s;
  on.answer(payment_result::our_mistake);
  CHECK(on.health.is_slowed());
}

TEST_CASE("some that are refused among many that are understood slow nobody", "[charge_health]") {
  charges on;
  for (int i = 0; i < 100; ++i) {
    on.answer(payment_result::succeeded);
    for (int k = 0; k < 10; ++k) on.answer(payment_result::our_mistake);
    CHECK_FALSE(on.health.is_slowed());
  }
  on.answer(payment_result::our_mistake);
  CHECK(on.health.is_slowed());
  CHECK(on.refused().size() == 1000);  // no more are known
}

TEST_CASE("when one of the refused is understood all of them may be", "[charge_health]") {
  charges on;
  const auto first = on.answer(payment_result::our_mistake);
  const auto second = on.answer(payment_result::our_mistake);
  on.answer(first, payment_result::our_mistake);
  CHECK(on.refused() == std::vector{second, first});  // the longest not tried first
  on.health.forget(second);
  CHECK(on.refused() == std::vector{first});
  on.answer(payment_result::our_mistake);
  on.answer(first, payment_result::succeeded);
  CHECK(on.refused().empty());
}
