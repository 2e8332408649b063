// Settlement's story in process: conflicts, what the database refuses, outages, and the end of a worker.
#include "fakes/fake_database.hpp"
#include "fakes/fake_queue.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/orders/settle_orders.hpp"

#include <boost/asio/io_context.hpp>

#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;

namespace {

struct fixture {
  asio::io_context io;
  observability::metrics metrics;
  test::fake_database database;
  test::fake_consumer consumer;
  domain::order_id_mint mint{"a secret of the tests"};
  domain::ticket_printer printer{"a secret of the tests"};
  orders::settlement_rules rules{.pay = domain::payment_mode::charge, .store = {}};
  std::set<std::string> changed;
  int told_of_payments = 0;
  orders::settle_orders settle{
      io.get_executor(),
      database,
      consumer,
      printer,
      {.rules = rules},
      {[this](const std::string& event) { changed.insert(event); }, [this] { ++told_of_payments; }},
      metrics};

  fixture() {
    domain::category_stock stock;
    stock.event_id = "gig";
    stock.category_id = "standing";
    stock.capacity = 100;
    stock.price = {1000, "TRY"};
    stock.sale = {domain::now() - 1h, domain::now() + 1h};
    stock.max_per_buyer = 10;
    database.orders.context.categories = {stock};
  }

  domain::accepted_order order(const std::string& email) {
    domain::accepted_order made;
    made.id = mint.mint_random();
    made.event_id = "gig";
    made.category_id = "standing";
    made.quantity = 1;
    made.buyer = {"Ada", email};
    made.accepted_at = domain::now();
    return made;
  }

  std::vector<domain::accepted_order> some_orders(int count) {
    std::vector<domain::accepted_order> all;
    for (int i = 0; i < count; ++i) all.push_back(order(std::to_string(i) + "@x"));
    return all;
  }

  void queue(std::vector<domain::accepted_order> orders) {
    messaging::order_batch batch;
    batch.orders = std::move(orders);
    consumer.batches.push_back(std::move(batch));
  }

  result<domain::allocation> settle_once(const std::vector<domain::accepted_order>& batch, deadline until) {
    return test::run_coroutine(io, orders::settle_batch(database.orders, printer, batch, rules, until));
  }

  void run() { test::run_coroutine(io, settle.run()); }
};

}  // namespace

TEST_CASE("a batch that lost a race is settled again", "[settle]") {
  fixture on;
  on.database.orders.on_commit.then(test::database_errc::conflict, 2);
  const auto settled = on.settle_once(on.some_orders(3), deadline_in(1h));
  REQUIRE(settled.has_value());
  CHECK(settled->decisions.size() == 3);
  CHECK(on.database.orders.batches == std::vector<std::size_t>{3, 3, 3});
  CHECK(on.database.orders.settled.size() == 3);
}

TEST_CASE("races that never end, end at the deadline", "[settle]") {
  fixture on;
  on.database.orders.on_commit.then(test::database_errc::conflict, 2);
  const auto settled = on.settle_once(on.some_orders(1), deadline::min());
  CHECK(settled.error() == test::database_errc::conflict);
  CHECK(on.database.orders.batches.size() == 1);
}

TEST_CASE("any other failure is the caller's to know", "[settle]") {
  fixture on;
  on.database.orders.on_begin.then(test::database_errc::statement_timeout);
  CHECK(on.settle_once(on.some_orders(1), deadline_in(1h)).error() == test::database_errc::statement_timeout);
}

TEST_CASE("a batch of repeats alone writes nothing", "[settle]") {
  fixture on;
  const auto batch = on.some_orders(2);
  for (const auto& order : batch) on.database.orders.context.known_orders.insert(order.id);
  REQUIRE(on.settle_once(batch, deadline_in(1h)).has_value());
  CHECK(on.database.orders.abandoned == 1);
  CHECK(on.database.orders.settled.empty());
}

TEST_CASE("what is free is confirmed with its tickets' codes", "[settle]") {
  fixture on;
  on.rules.pay = domain::payment_mode::confirm_at_once;
  const auto batch = on.some_orders(1);
  REQUIRE(on.settle_once(batch, deadline_in(1h)).has_value());
  REQUIRE(on.database.orders.settled.size() == 1);
  CHECK(on.database.orders.settled[0].status == order_status::confirmed);
  REQUIRE(on.database.orders.settled[0].tickets.size() == 1);
  CHECK(on.database.orders.settled[0].tickets[0].code == on.printer.code(batch[0].id, 1));
}

TEST_CASE("the worker settles and acknowledges batch after batch, and says what changed", "[settle]") {
  fixture on;
  on.queue(on.some_orders(3));
  on.queue(on.some_orders(2));
  on.run();
  CHECK(on.consumer.acknowledged == 2);
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.database.orders.settled.size() == 5);
  CHECK(on.changed == std::set<std::string>{"gig"});
  CHECK(on.told_of_payments == 2);
}

TEST_CASE("an order that the database refuses for good is found by halving, and goes alone", "[settle]") {
  fixture on;
  auto batch = on.some_orders(8);
  const auto poisoned = batch[5].id;
  on.database.orders.is_poisoned = [&](const auto& order) { return order.id == poisoned; };
  on.queue(std::move(batch));
  on.run();
  CHECK(on.database.orders.settled.size() == 7);
  CHECK(on.consumer.acknowledged == 1);
  REQUIRE(on.consumer.dead_letters.size() == 1);
  CHECK(on.consumer.dead_letters[0].body.find(poisoned.to_string()) != std::string::npos);
}

TEST_CASE("an order for a category that does not exist goes alone, too", "[settle]") {
  fixture on;
  auto batch = on.some_orders(2);
  batch[0].category_id = "moon";
  on.queue(std::move(batch));
  on.run();
  CHECK(on.database.orders.settled.size() == 1);
  CHECK(on.consumer.dead_letters.size() == 1);
}

TEST_CASE("a database that is away is waited for, with the batch in hand", "[settle]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable, 2);
  on.database.orders.on_commit.then(test::database_errc::connection_lost);
  on.queue(on.some_orders(3));
  on.run();
  CHECK(on.database.orders.settled.size() == 3);
  CHECK(on.consumer.acknowledged == 1);
  CHECK(on.consumer.dead_letters.empty());
}

TEST_CASE("a worker that stops while the database is away gives its batch back", "[settle]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable, 1000);
  on.queue(on.some_orders(3));
  on.settle.stop();
  on.run();
  CHECK(on.consumer.acknowledged == 0);
  CHECK(on.database.orders.settled.empty());
}
