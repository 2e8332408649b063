// The asynchronous purchase, in process.
#include "ticketd/orders/place_order.hpp"
#include "fakes/fake_cache.hpp"
#include "fakes/fake_queue.hpp"
#include "fakes/in_process.hpp"
#include "orders/progress_codec.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/orders/find_order.hpp"

#include <string>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct fixture : test::in_process {
  test::fake_publisher publisher;
  catalog::event_reader events{io.get_executor(), database, nullptr, clock, {.reading = 1s}, metrics};
  orders::order_finder finder{io.get_executor(), database, {.query = 2s}};
  test::fake_cache cache;
  orders::progress_reader progress{&cache, clock, {.wait_max = 500ms}};
  orders::place_order place{events, finder, publisher, progress, mint, clock, {.look_up_max = 200ms}};

  fixture() { database.events.event = test::gig(clock.at); }

  // What the worker says at each purchase; without it, it says what stands in the cache.
  bool has_worker_settled = true;

  void read_progress() {
    if (has_worker_settled) cache.values["ticketd:settlement"] = {1, orders::encode_progress({clock.at, clock.at, {}})};
    test::run_coroutine(io, progress.refresh(deadline_in(10s)));
    io.restart();
  }

  orders::placement buy(const std::string& key, int quantity = 1, std::optional<domain::money> price = {},
                        const std::string& category = "standing") {
    read_progress();
    auto request = test::purchase_of_gig(key, quantity);
    request.category_id = category;
    request.price = std::move(price);
    return test::run_coroutine(io, place(std::move(request), deadline_in(10s)));
  }

  domain::order_id id_of(const std::string& key) { return test::id_of_purchase(mint, key); }
};

}  // namespace

TEST_CASE("an event whose orders wait in great number takes no more of them", "[place_order]") {
  fixture on;
  on.database.events.event->waiting = 99'999;
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("first")));
  fixture full;
  full.database.events.event->waiting = 100'000;
  CHECK(std::holds_alternative<orders::unavailable_purchase>(full.buy("second")));
  CHECK(full.publisher.published.empty());
}

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
  using messaging::publish_outcome;
  for (const auto outcome : {publish_outcome::unavailable, publish_outcome::refused, publish_outcome::unknown}) {
    on.publisher.outcome = outcome;
    // It may be the repeat of one that was accepted.
    CHECK_FALSE(std::get<orders::unavailable_purchase>(on.buy("key")).is_nothing_ordered);
    const auto said = std::get<orders::unavailable_purchase>(on.buy(""));
    CHECK(said.elsewhere == orders::elsewhere::no);
    CHECK(said.is_nothing_ordered == (outcome == publish_outcome::unavailable));
  }
  on.publisher.outcome = messaging::publish_outcome::unreachable;
  CHECK(std::get<orders::unavailable_purchase>(on.buy("key")).elsewhere == orders::elsewhere::maybe);
  on.publisher.outcome = messaging::publish_outcome::overloaded;
  CHECK(std::get<orders::unavailable_purchase>(on.buy("key")).elsewhere == orders::elsewhere::unless_overloaded);
}

TEST_CASE("without a reading of the event nothing is sold", "[place_order]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable).then(test::database_errc::pool_wait_timeout);
  CHECK(std::get<orders::unavailable_purchase>(on.buy("key")).elsewhere == orders::elsewhere::maybe);
  CHECK(std::get<orders::unavailable_purchase>(on.buy("key")).elsewhere == orders::elsewhere::no);
  CHECK(on.publisher.published.empty());
}

TEST_CASE("what makes no sense is refused before anything is asked", "[place_order]") {
  fixture on;
  CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy("key", 5)));
  CHECK(on.publisher.published.empty());
}

TEST_CASE("what costs more than can be charged at once is refused, and never reaches the queue", "[place_order]") {
  fixture on;
  on.database.events.event->categories[0].price.amount = 50'000'000;
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("one")));
  CHECK(std::get<orders::invalid_purchase>(on.buy("", 2)).flaws[0].kind == orders::flaw_kind::not_chargeable);
  // Under a key it may be a repeat of one that was accepted by another bound, and waits to be settled.
  CHECK(std::get<orders::invalid_purchase>(on.buy("two", 2)).flaws[0].kind == orders::flaw_kind::not_chargeable);
  on.publisher.in_queue = std::nullopt;
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("two", 2)));
  CHECK(on.publisher.published.size() == 1);
}

TEST_CASE("a repeat of a settled order is that order, whatever keeps new ones away", "[place_order]") {
  fixture on;
  domain::order_view known;
  known.id = on.id_of("key");
  on.database.orders.settled.push_back(known);
  using messaging::publish_outcome;
  for (const auto outcome : {publish_outcome::unavailable, publish_outcome::unreachable, publish_outcome::overloaded}) {
    on.publisher.outcome = outcome;
    CHECK(std::get<orders::placed_order>(on.buy("key")).id == known.id);
    CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("another")));
  }
  on.publisher.outcome = publish_outcome::confirmed;
  on.database.events.event->waiting = 1'000'000'000;
  CHECK(std::get<orders::placed_order>(on.buy("key")).id == known.id);
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("another")));
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

TEST_CASE("while orders wait to be settled, not to be settled proves nothing", "[place_order]") {
  fixture on;
  on.database.events.event->categories[0].remaining = 0;
  on.has_worker_settled = false;
  CHECK(std::get<orders::placed_order>(on.buy("key")).id == on.id_of("key"));
  CHECK(on.publisher.published.size() == 1);
  CHECK(std::holds_alternative<orders::refused_purchase>(on.buy("")));
}

TEST_CASE("nobody pays another price than he was shown, with orders waiting to be settled either", "[place_order]") {
  fixture on;
  on.has_worker_settled = false;
  CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("key", 1, domain::money{999, "TRY"})));
  CHECK(on.publisher.published.empty());
  CHECK(std::holds_alternative<orders::repriced_purchase>(on.buy("", 1, domain::money{999, "TRY"})));
}

TEST_CASE("another price than the buyer was shown is refused, once the database says so", "[place_order]") {
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

namespace {

// With copies of its own, as a replica has them.
struct fixture_with_copies : fixture {
  catalog::event_reader copies{io.get_executor(), database, &cache, clock, {.reading = 1s}, metrics};
  orders::place_order place_at_once{
      copies, finder, publisher, progress, mint, clock, {.look_up_max = 200ms, .copies_differ_max = 0ms}};
  orders::place_order place_later{
      copies, finder, publisher, progress, mint, clock, {.look_up_max = 200ms, .copies_differ_max = 1h}};

  orders::placement buy_with_key_of_nginx(orders::place_order& at, std::chrono::milliseconds waited = 0ms) {
    auto request = test::purchase_of_gig("of-nginx");
    request.is_key_of_nginx = true;
    request.waited = waited;
    read_progress();
    return test::run_coroutine(io, at(std::move(request), deadline_in(10s)));
  }
  std::size_t look_ups() const { return database.orders.asked.size(); }
};

bool is_refused(const orders::placement& answer) { return std::holds_alternative<orders::refused_purchase>(answer); }

}  // namespace

TEST_CASE("what no replica can have accepted since Nginx took it is refused without a look-up", "[place_order]") {
  fixture_with_copies on;
  on.database.events.event->categories[0].remaining = 0;
  SECTION("while the copies of replicas may differ, it is looked up") {
    CHECK(is_refused(on.buy_with_key_of_nginx(on.place_later)));
    CHECK(on.look_ups() == 1);
  }
  SECTION("afterwards there is nothing to look up, whatever waits to be settled") {
    on.has_worker_settled = false;
    CHECK(is_refused(on.buy_with_key_of_nginx(on.place_at_once)));
    CHECK(on.look_ups() == 0);
  }
  SECTION("by the clock that the copies go by, and from when Nginx took it") {
    orders::place_order place{on.copies, on.finder, on.publisher,          on.progress,
                              on.mint,   on.clock,  {.look_up_max = 200ms}};
    CHECK(is_refused(on.buy_with_key_of_nginx(place)));
    CHECK(on.look_ups() == 1);
    on.clock.passed = orders::place_settings{}.copies_differ_max;
    CHECK(is_refused(on.buy_with_key_of_nginx(place)));
    CHECK(on.look_ups() == 1);
    CHECK(is_refused(on.buy_with_key_of_nginx(place, 1min)));
    CHECK(on.look_ups() == 2);
  }
  SECTION("one that has been on its way since before the first refusal is looked up") {
    CHECK(is_refused(on.buy_with_key_of_nginx(on.place_at_once, 1h)));
    CHECK(on.look_ups() == 1);
  }
  SECTION("and so is one that the sale has closed on meanwhile") {
    on.database.events.event->categories[0].remaining = 2;
    on.buy_with_key_of_nginx(on.place_at_once);  // its copy is there from now on
    on.clock.at = on.database.events.event->sale.closes_at;
    CHECK(is_refused(on.buy_with_key_of_nginx(on.place_later)));
    CHECK(on.look_ups() == 1);
    CHECK(is_refused(on.buy_with_key_of_nginx(on.place_at_once)));
    CHECK(on.look_ups() == 1);
  }
  SECTION("a key of the buyer's own is always looked up") {
    on.buy_with_key_of_nginx(on.place_at_once);
    CHECK(is_refused(on.buy("mine")));
    CHECK(on.look_ups() == 1);
  }
}

TEST_CASE("one key with another body is refused while the first is remembered", "[place_order]") {
  fixture on;
  const auto other_body = [&] { return std::holds_alternative<orders::invalid_purchase>(on.buy("key", 2)); };
  on.publisher.outcome = messaging::publish_outcome::unavailable;
  on.buy("key");
  on.publisher.outcome = messaging::publish_outcome::confirmed;
  CHECK_FALSE(other_body());  // the first was certainly not accepted, so this one is
  CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy("key", 1)));
  CHECK(std::get<orders::placed_order>(on.buy("key", 2)).id == on.id_of("key"));
  CHECK(on.publisher.published.size() == 2);  // a repeat is known here, and published no more
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("another key", 1)));
}

TEST_CASE("a repeat of an order whose outcome is unknown here is never refused", "[place_order]") {
  fixture on;
  on.publisher.outcome = messaging::publish_outcome::unknown;
  on.buy("key");
  on.database.events.event->categories[0].remaining = 0;
  on.publisher.outcome = messaging::publish_outcome::confirmed;
  CHECK(std::get<orders::placed_order>(on.buy("key")).id == on.id_of("key"));
  CHECK(on.publisher.published.size() == 2);
  CHECK(is_refused(on.buy("new")));
}

TEST_CASE("not found is no answer before all that was accepted is settled", "[place_order]") {
  fixture on;
  on.has_worker_settled = false;
  on.database.events.event->categories[0].remaining = 0;
  const auto worker_says = [&](std::optional<domain::timestamp> settled_up_to, domain::timestamp as_of) {
    const orders::settlement_progress said{as_of, settled_up_to, {}};
    on.cache.values["ticketd:settlement"] = {1, orders::encode_progress(said)};
    test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
    on.io.restart();
  };
  const auto now = on.clock.at;
  SECTION("settled up to now") {
    worker_says(now, now);
    CHECK(is_refused(on.buy("key")));
    CHECK(on.publisher.published.empty());
  }
  SECTION("a worker that is behind") {
    worker_says(now - 1us, now);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
    worker_says(now - 10s, now);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("another")));
  }
  SECTION("a worker that has said nothing for a while") {
    worker_says(now, now - 1s);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
  }
  SECTION("Redis is away") {
    on.cache.is_down = true;
    test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
    on.io.restart();
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
  }
  SECTION("a worker that says nothing may have orders in hand") {
    worker_says(std::nullopt, now);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
    on.cache.values.erase("ticketd:settlement");
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("another")));
  }
  SECTION("nor is what a worker says of a time to come") {
    worker_says(now + 1h, now);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
    worker_says(now + 1h, now + 1h);
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("another")));
  }
  SECTION("a category that is gone may have been there when it was accepted") {
    worker_says(now - 10s, now);
    CHECK(std::holds_alternative<orders::unavailable_purchase>(on.buy("key", 1, {}, "gone")));
    worker_says(now, now);
    CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy("key", 1, {}, "gone")));
    CHECK(on.publisher.published.empty());
  }
  SECTION("a broker that does not answer may have orders on their way") {
    worker_says(now, now);
    on.publisher.in_queue.reset();
    CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
  }
}

TEST_CASE("buyers who are refused together are looked up in one statement", "[place_order]") {
  fixture on;
  constexpr std::size_t buyers = 130;
  on.database.events.event->categories[0].remaining = 0;
  const auto worker_says = [&](domain::timestamp up_to) {
    on.cache.values["ticketd:settlement"] = {1, orders::encode_progress({on.clock.at, up_to, {}})};
  };
  worker_says(on.clock.at - 1us);
  test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
  on.io.restart();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < buyers; ++i)
    async::spawn(on.io.get_executor(), "buy", [&on, &refused, i]() -> awaitable<> {
      auto request = test::purchase_of_gig(std::to_string(i));
      const auto said = co_await on.place(std::move(request), deadline_in(10s));
      if (std::holds_alternative<orders::refused_purchase>(said)) ++refused;
    });
  on.io.poll();
  on.io.restart();
  CHECK(on.database.orders.asked.empty());
  worker_says(on.clock.at);
  on.io.run();
  CHECK(refused == buyers);
  CHECK(on.database.orders.asked == std::vector<std::size_t>{buyers});
}

TEST_CASE("nobody is sold a ticket whose payment would not have its turn in time", "[place_order]") {
  fixture on;
  on.has_worker_settled = false;
  const auto wait_is = [&](std::optional<std::chrono::seconds> wait) {
    const orders::settlement_progress said{on.clock.at, on.clock.at, wait};
    on.cache.values["ticketd:settlement"] = {1, orders::encode_progress(said)};
    test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
    on.io.restart();
  };
  wait_is(std::nullopt);
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("a")));
  wait_is(900s);
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("b")));
  wait_is(910s);
  CHECK(std::get<orders::unavailable_purchase>(on.buy("c")).retry_after == 10s);
  CHECK(on.publisher.published.size() == 2);
  on.clock.at += 1s;  // no fresh figure
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("d")));
}

TEST_CASE("who is refused for what is in the way comes again the later, the more that is", "[place_order]") {
  fixture on;
  on.has_worker_settled = false;
  on.publisher.outcome = messaging::publish_outcome::unavailable;
  const auto told = [&](std::chrono::seconds behind) {
    const orders::settlement_progress said{on.clock.at, on.clock.at - behind, {}};
    on.cache.values["ticketd:settlement"] = {1, orders::encode_progress(said)};
    test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
    on.io.restart();
    return std::get<orders::unavailable_purchase>(on.buy("")).retry_after;
  };
  CHECK(told(0s) == 1s);
  CHECK(told(7s) == 7s);
  CHECK(told(1h) == 30s);
}

TEST_CASE("who waits to know that all is settled asks for it", "[place_order]") {
  fixture on;
  const auto worker_says = [&](domain::timestamp settled_up_to) {
    on.cache.values["ticketd:settlement"] = {1, orders::encode_progress({on.clock.at, settled_up_to, {}})};
  };
  worker_says(on.clock.at - 100ms);
  test::run_coroutine(on.io, on.progress.refresh(deadline_in(10s)));
  worker_says(on.clock.at);  // and nobody reads it meanwhile
  const auto has_settled = test::run_coroutine(on.io, on.progress.has_settled(on.clock.at, deadline_in(20s)));
  CHECK(has_settled == true);
}

TEST_CASE("where the worker says nothing, the queue's length tells when to come again", "[place_order]") {
  fixture on;
  on.has_worker_settled = false;
  on.publisher.outcome = messaging::publish_outcome::unavailable;
  on.publisher.in_queue = messaging::queue_backlog{.orders = 80'000, .bytes = 0};
  CHECK(std::get<orders::unavailable_purchase>(on.buy("")).retry_after == 8s);
}

TEST_CASE("an event that is sealed under a secret which is not here is another replica's to sell", "[place_order]") {
  fixture on;
  on.database.events.event->secret_generation = domain::generation_of("a secret that others have");
  const auto placed = on.buy("key");
  const auto* unavailable = std::get_if<orders::unavailable_purchase>(&placed);
  REQUIRE(unavailable);
  CHECK(unavailable->why == orders::obstacle::secret_missing);
  CHECK(unavailable->elsewhere == orders::elsewhere::maybe);
  CHECK(on.publisher.published.empty());
  on.database.events.event->secret_generation = domain::generation_of(test::known_secrets.current);
  CHECK(std::holds_alternative<orders::placed_order>(on.buy("key")));
}
