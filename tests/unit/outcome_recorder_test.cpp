// What becomes of outcomes that the database does not take. (What it takes: charge_orders_test.)
#include "orders/outcome_recorder.hpp"
#include "orders/postponed_outcomes.hpp"
#include "support/catch2.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::payment_result;
using domain::payment_task;
using persistence::database_errc;

namespace {

domain::payment_outcome outcome(payment_result result, payment_task task = payment_task::charge) {
  static domain::order_id_mint mint(domain::secrets{"a secret of the tests"});
  domain::payment_outcome made;
  made.order = mint.mint_random({});
  made.task = task;
  made.result = result;
  return made;
}

bool are_given_up(const std::vector<database_errc>& errors, std::size_t batch, std::chrono::milliseconds in_hand) {
  std::vector<orders::unwritten_outcome> unwritten;
  for (const auto error : errors) unwritten.push_back({outcome(payment_result::unknown), make_error_code(error)});
  return orders::are_to_be_given_up(unwritten, batch, in_hand, 5000ms);
}

}  // namespace

TEST_CASE("outcomes that are refused are given up where others are taken, or their time is over",
          "[outcome_recorder]") {
  using enum database_errc;
  CHECK(are_given_up({constraint_violation}, 2, 0ms));
  CHECK_FALSE(are_given_up({constraint_violation}, 1, 0ms));
  CHECK_FALSE(are_given_up({constraint_violation, lock_timeout}, 2, 4999ms));
  CHECK(are_given_up({constraint_violation, lock_timeout}, 2, 5000ms));
}

TEST_CASE("outcomes that the database was not there for are kept, and so are those beside them", "[outcome_recorder]") {
  using enum database_errc;
  CHECK_FALSE(are_given_up({connection_lost}, 2, 1h));
  CHECK_FALSE(are_given_up({constraint_violation, unreachable}, 3, 1h));
}

TEST_CASE("only that nothing was charged is postponed: all else the provider says again", "[outcome_recorder]") {
  orders::postponed_outcomes postponed(10);
  for (const auto said_again : {payment_result::succeeded, payment_result::declined, payment_result::unknown})
    postponed.add(outcome(said_again));
  postponed.add(outcome(payment_result::not_done, payment_task::refund));
  CHECK(postponed.orders().empty());
  for (const auto certain : {payment_result::not_done, payment_result::absent, payment_result::our_mistake})
    postponed.add(outcome(certain));
  CHECK(postponed.orders().size() == 3);
}

TEST_CASE("what is postponed is known while it is tried again, and stays where it is not written",
          "[outcome_recorder]") {
  orders::postponed_outcomes postponed(2);
  const auto first = outcome(payment_result::not_done);
  const auto second = outcome(payment_result::not_done);
  const auto one_too_many = outcome(payment_result::not_done);
  for (const auto& each : {first, second, one_too_many}) postponed.add(each);
  CHECK(postponed.orders() == std::vector{first.order, second.order});
  CHECK_FALSE(postponed.contains(one_too_many.order));

  CHECK(postponed.begin_writing().size() == 2);
  CHECK(postponed.contains(first.order));
  postponed.add(second);
  postponed.end_writing();
  CHECK_FALSE(postponed.contains(first.order));
  CHECK(postponed.orders() == std::vector{second.order});
  CHECK(postponed.begin_writing().size() == 1);
}
