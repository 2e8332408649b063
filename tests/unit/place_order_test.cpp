// The asynchronous purchase, in process.
#include "ticketd/orders/place_order.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_database.hpp"
#include "fakes/fake_queue.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/find_order.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct fixture {
  asio::io_context io;
  observability::metrics metrics;
  test::fake_database database;
  test::fake_clock clock;
  test::fake_publisher publisher;
  domain::order_id_mint mint{"a secret of the tests"};
  catalog::event_reader events{io.get_executor(), database, nullptr, clock, {}, metrics};
  orders::order_finder finder{io.get_executor(), database};
  orders::place_order place{events, finder, publisher, mint, clock, {}};

  fixture() {
    domain::event_snapshot event;
    event.id = "gig";
    event.starts_at = clock.at + 2h;
    event.sale = {clock.at - 1h, clock.at + 1h};
    event.max_per_buyer = 4;
    event.categories = {{.id = "standing", .name = "Standing", .price = {1000, "TRY"}, .capacity = 10, .remaining = 2}};
    database.events.event = event;
  }

  orders::placement buy(const std::string& key, int quantity = 1, std::optional<domain::money> price = {}) {
    orders::purchase_request request{.event_id = "gig",
                                     .category_id = "standing",
                                     .quantity = quantity,
                                     .buyer = {"Ada", "ada@example.com"},
                                     .idempotency_key = key,
                                     .traceparent = "",
                                     .price = std::move(price)};
    return test::run_coroutine(io, place(std::move(request), deadline_in(10s)));
  }

  domain::order_id id_of(const std::string& key) { return mint.mint("ada@example.com", key); }
};

}  // namespace

TEST_CASE("a confirmed order is placed, and travels on the terms that the buyer saw", "[place_order]") {
  fixture on;
  const auto placed = on.buy("key");
  CHECK(std::get<orders::placed_order>(placed).id == on.id_of("key"));
  REQUIRE(on.publisher.published.size() == 1);
  const auto& order = on.publisher.published[0];
  REQUIRE(order.terms);
  CHECK(order.terms->price == domain::money{1000, "TRY"});
  CHECK(order.terms->window == on.database.events.event->sale);
  CHECK(order.terms->max_per_buyer == 4);
}

TEST_CASE("an order is accepted from the moment of opening until the moment of closing", "[place_order]") {
  fixture on;
  const auto sale = on.database.events.event->sale;
  const auto bought_at = [&](domain::timestamp at) {
    on.clock.at = at;
    return on.buy("");
  };
  CHECK(std::get<orders::refused_purchase>(bought_at(sale.opens_at - 1us)).reason ==
        domain::order_reason::sale_not_open);
  CHECK(std::holds_alternative<orders::placed_order>(bought_at(sale.opens_at)));
  CHECK(std::holds_alternative<orders::placed_order>(bought_at(sale.closes_at - 1us)));
  CHECK(std::get<orders::refused_purchase>(bought_at(sale.closes_at)).reason == domain::order_reason::sale_closed);
  CHECK(on.publisher.published[0].accepted_at == sale.opens_at);
}

TEST_CASE("a broker that did not take it, or may have, leaves the buyer to repeat", "[place_order]") {
  fixture on;
  for (const auto outcome : {messaging::publish_outcome::unavailable, messaging::publish_outcome::unknown}) {
    on.publisher.outcome = outcome;
    CHECK_FALSE(std::get<orders::unavailable_purchase>(on.buy("key")).is_only_here);
  }
  on.publisher.outcome = messaging::publish_outcome::unreachable;
  CHECK(std::get<orders::unavailable_purchase>(on.buy("key")).is_only_here);
}

TEST_CASE("without a reading of the event nothing is sold", "[place_order]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("key")));
  CHECK(on.publisher.published.empty());
}

TEST_CASE("what makes no sense is refused before anything is asked", "[place_order]") {
  fixture on;
  CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy("key", 5)));
  CHECK(on.publisher.published.empty());
}

TEST_CASE("a refusal without a key is final, one with a key is looked up", "[place_order]") {
  fixture on;
  on.database.events.event->categories[0].remaining = 0;
  CHECK(std::get<orders::refused_purchase>(on.buy("")).reason == domain::order_reason::sold_out);
  CHECK(on.database.orders.asked.empty());
  CHECK(std::holds_alternative<orders::refused_purchase>(on.buy("new")));
  CHECK(on.database.orders.asked.size() == 1);

  domain::order_view known;
  known.id = on.id_of("old");
  on.database.orders.settled.push_back(known);
  CHECK(std::get<orders::placed_order>(on.buy("old")).id == known.id);
  CHECK(on.publisher.published.empty());
}

TEST_CASE("a repeat of an accepted order is that order, whatever was edited since", "[place_order]") {
  fixture on;
  domain::order_view known;
  known.id = on.id_of("old");
  on.database.orders.settled.push_back(known);
  const auto original = *on.database.events.event;
  const auto is_that_order = [&] {
    const bool is_placed = std::get<orders::placed_order>(on.buy("old", 2)).id == known.id;
    *on.database.events.event = original;
    return is_placed;
  };
  on.database.events.event->max_per_buyer = 1;
  CHECK(is_that_order());
  on.database.events.event->categories[0].id = "another";
  CHECK(is_that_order());
  on.database.events.event->sale.closes_at = on.clock.at;
  CHECK(is_that_order());
  on.database.events.event->sale.opens_at = on.clock.at + 1s;
  CHECK(is_that_order());
  on.database.events.event->categories[0].remaining = 1;
  CHECK(is_that_order());
}

TEST_CASE("a refusal whose look-up gets no answer is no refusal, and no order either", "[place_order]") {
  fixture on;
  on.database.events.event->categories[0].remaining = 0;
  on.database.orders.on_find.then(test::database_errc::statement_timeout);
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("key")));
  CHECK(on.publisher.published.empty());
}

TEST_CASE("while orders wait in the queue, not to be settled proves nothing", "[place_order]") {
  fixture on;
  on.database.events.event->categories[0].remaining = 0;
  on.publisher.is_backed_up = true;
  CHECK(std::get<orders::placed_order>(on.buy("key")).id == on.id_of("key"));
  CHECK(on.publisher.published.size() == 1);
  CHECK(std::holds_alternative<orders::refused_purchase>(on.buy("")));
}

TEST_CASE("nobody pays another price than he was shown, with orders waiting in the queue either", "[place_order]") {
  fixture on;
  on.publisher.is_backed_up = true;
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("key", 1, domain::money{999, "TRY"})));
  CHECK(on.publisher.published.empty());
  CHECK(std::holds_alternative<orders::repriced_purchase>(on.buy("", 1, domain::money{999, "TRY"})));
}

TEST_CASE("another price than the buyer was shown is told, once the database says so", "[place_order]") {
  fixture on;
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("a", 1, domain::money{1000, "TRY"})));
  CHECK(on.database.events.reads == 1);
  for (const auto& shown : {domain::money{999, "TRY"}, domain::money{1000, "EUR"}})
    CHECK(std::get<orders::repriced_purchase>(on.buy("", 1, shown)).price == domain::money{1000, "TRY"});
  // The page is newer than the copy: the first reading has the old price, the second the new one.
  on.database.events.after_reads = [&](int reads) {
    if (reads == 6) on.database.events.event->categories[0].price.amount = 2000;
  };
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("b", 1, domain::money{2000, "TRY"})));
  REQUIRE(on.publisher.published.size() == 2);
  CHECK(on.publisher.published[1].terms->price.amount == 2000);
}
