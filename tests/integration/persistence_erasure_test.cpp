// A buyer's name and address in the rows of orders, and taking them out, on a real PostgreSQL.
#include "support/stores.hpp"
#include "ticketd/orders/erase_buyer.hpp"

using namespace ticketd;
using domain::erasure_obstacle;

namespace {

orders::erasure erase(test::stores& stores, const std::string& address) {
  orders::erasure done;
  stores.run([&]() -> awaitable<> {
    const auto erased = co_await orders::erase_buyer(*stores.database, address, test::soon(), test::soon());
    REQUIRE(erased.has_value());
    done = *erased;
  }());
  return done;
}

void end_the_sale(test::stores& stores) {
  stores.sql("UPDATE events SET sale_closes_at = now() - interval '1 minute'");
}

}  // namespace

TEST_CASE("an erased buyer's orders stay, under a pseudonym for each event", "[persistence][integration][erase]") {
  test::stores stores;
  auto other = test::gig(100);
  other.id = "other";
  stores.define(test::gig(100));
  stores.define(other);
  auto elsewhere = stores.order("free", 1, "ada@example.com");
  elsewhere.event_id = "other";
  const auto mine = stores.order("free", 2, "ada@example.com");
  stores.settle({mine, stores.order("free", 1, "ada@example.com"), stores.order("free", 1, "bob@example.com")},
                domain::payment_mode::charge);
  stores.settle({elsewhere}, domain::payment_mode::charge);

  REQUIRE(erase(stores, "ada@example.com").obstacle == erasure_obstacle::sale_runs);
  REQUIRE(stores.sql("SELECT count(*) FROM orders WHERE buyer_email = 'ada@example.com'") == "3");
  end_the_sale(stores);
  REQUIRE(erase(stores, " Ada@EXAMPLE.com").orders == 3);
  REQUIRE(stores.sql("SELECT count(*) FROM orders WHERE buyer_email LIKE '%ada@%' OR buyer_name = 'Ada'") ==
          "1");  // bob's
  REQUIRE(stores.sql("SELECT count(DISTINCT buyer_email) FROM orders WHERE buyer_name = 'erased'") == "2");
  REQUIRE(
      stores.sql("SELECT count(DISTINCT buyer_email) FROM orders WHERE buyer_name = 'erased' AND event_id = 'gig'") ==
      "1");
  REQUIRE(stores.find(mine.id).tickets.size() == 2);
  REQUIRE(erase(stores, "ada@example.com").orders == 0);
  REQUIRE(erase(stores, "bob@example.com").orders == 1);
}

TEST_CASE("a buyer with something under way is not erased", "[persistence][integration][erase]") {
  test::stores stores;
  stores.define(test::gig(100));
  const auto paid = stores.order("standing", 1, "ada@example.com");
  stores.settle({paid}, domain::payment_mode::charge);
  end_the_sale(stores);
  const auto refused = erase(stores, "ada@example.com");
  REQUIRE(refused.obstacle == erasure_obstacle::order_under_way);
  REQUIRE(refused.context.orders_under_way == 1);

  stores.sql("UPDATE orders SET status = 'expired', reason = 'hold_expired'");
  stores.sql(
      "UPDATE payments SET status = 'refund_due', intent_id = 'pi_1', payment_method = 'pm_1', traceparent = 't'");
  REQUIRE(erase(stores, "ada@example.com").obstacle == erasure_obstacle::payment_under_way);
  stores.sql("UPDATE payments SET status = 'refunded'");
  REQUIRE(erase(stores, "ada@example.com").orders == 1);
  REQUIRE(stores.sql("SELECT payment_method IS NULL AND traceparent IS NULL FROM payments") == "t");

  stores.sql(
      "INSERT INTO waiting_orders (event_id, order_id, category_id, quantity, buyer_name, buyer_email, accepted_at, "
      "traceparent, payment_method, id_layout) VALUES ('gig', '00000000-0000-8000-8000-000000000001', 'free', 1, "
      "'Bob', 'bob@example.com', now(), '', '', 2)");
  REQUIRE(erase(stores, "bob@example.com").obstacle == erasure_obstacle::order_under_way);
}
