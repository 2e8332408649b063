#include "ticketd/orders/batch_size.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"

#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;

TEST_CASE("a batch is bounded in orders and in tickets", "[settle]") {
  const std::vector<domain::accepted_order> orders(10,
                                                   test::order_of_gig(domain::order_id(), {}, 1, "ada@example.com"));
  auto large = orders;
  for (auto& order : large) order.quantity = 40;
  orders::batch_size size({.orders_max = 8, .tickets_max = 100});
  CHECK(size.of(orders) == 8);
  CHECK(size.of(large) == 2);
  large[0].quantity = 1'000'000;
  CHECK(size.of(large) == 1);
  CHECK(size.of({orders.data(), 3}) == 3);
  size.fitted(8, 6s, 10s);  // near the deadline
  CHECK(size.of(orders) == 4);
  size.ran_out_of_time(4);
  CHECK(size.of(orders) == 2);
  size.ran_out_of_time(2);
  size.ran_out_of_time(1);
  CHECK(size.of(orders) == 1);
  for (int i = 0; i < 2; ++i) size.fitted(size.of(orders), 1s, 10s);
  CHECK(size.of(orders) == 4);
  size.fitted(2, 1s, 10s);  // less than what it may have: it says nothing of more
  CHECK(size.of(orders) == 4);
  size.fitted(4, 1s, 10s);
  size.fitted(8, 1s, 10s);
  CHECK(size.of(orders) == 8);
}
