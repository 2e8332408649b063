// Settlement's story in process: conflicts, what the database refuses, outages, and the end of a worker.
#include "fakes/fake_queue.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/orders/settle_orders.hpp"
#include "ticketd/orders/settle_waiting.hpp"

#include <algorithm>

#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;

namespace {

struct fixture : test::in_process {
  test::fake_consumer consumer;
  orders::settlement_rules rules{.pay = domain::payment_mode::charge, .hold = {}};
  std::set<std::string> changed;
  std::vector<std::size_t> notices;  // orders of each
  int told_of_payments = 0;
  orders::settle_orders settle{
      io.get_executor(),
      database,
      consumer,
      mint,
      clock,
      printer,
      {.settler = {.rules = {.pay = domain::payment_mode::charge, .hold = {}, .may_defer = true}}},
      {{[this](const std::string& event) { changed.insert(event); },
        [this](auto orders) { notices.push_back(orders.size()); }},
       [this](std::size_t) { ++told_of_payments; }},
      metrics};

  fixture() { database.orders.context.categories = {test::stock_of_gig(clock.at, 100, 10)}; }

  domain::accepted_order order(const std::string& email) {
    return test::order_of_gig(mint.mint_random({}), clock.at, 1, email);
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
    return test::run_coroutine(
        io, orders::settle_batch(database.orders, printer, batch, domain::order_source::queue, rules, until));
  }

  void run() { test::run_coroutine(io, settle.run()); }

  void settle_waiting() {
    const auto until_none_waits = [this]() -> awaitable<> {
      asio::steady_timer timer(io);
      while (!database.orders.waiting.empty()) {
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
      }
      settle.stop();
    };
    async::spawn(io.get_executor(), "wait", until_none_waits());
    test::run_coroutine(io, settle.run_waiting());
  }
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
  for (const auto& order : batch) on.database.orders.context.known_orders.emplace(order.id, order.buyer.email);
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
  CHECK(on.database.orders.settled[0].tickets[0].code == on.printer.codes(batch[0].id, 1)[0]);
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
  CHECK(on.notices == std::vector<std::size_t>{3, 2});  // one a batch
  CHECK(on.told_of_payments == 2);
}

TEST_CASE("an order whose words the database refuses is found by halving, and ends where its buyer can read it",
          "[settle]") {
  fixture on;
  auto batch = on.some_orders(8);
  const auto poisoned = batch[5].id;
  on.database.orders.is_poisoned = [](const auto& order) { return order.buyer.email == "5@x"; };
  on.queue(std::move(batch));
  on.run();
  CHECK(on.consumer.acknowledged == 1);
  CHECK(on.consumer.dead_letters.empty());
  REQUIRE(on.database.orders.settled.size() == 8);
  const auto ended = std::ranges::find(on.database.orders.settled, poisoned, &domain::order_view::id);
  REQUIRE(ended != on.database.orders.settled.end());
  CHECK(ended->status == order_status::rejected);
  CHECK(ended->reason == domain::order_reason::not_available);
}

TEST_CASE("a schema that refuses an order whatever its words is waited out, and the metric says so", "[settle]") {
  fixture on;
  auto batch = on.some_orders(4);
  batch[2].quantity = 2;
  bool has_changed = true;
  on.database.orders.is_poisoned = [&](const auto& order) { return has_changed && order.quantity == 2; };
  on.queue(std::move(batch));
  async::spawn(on.io.get_executor(), "settle", on.settle.run());
  while (!on.settle.is_waiting()) on.io.run_one();
  CHECK(on.consumer.acknowledged == 0);
  has_changed = false;
  on.io.run();
  CHECK_FALSE(on.settle.is_waiting());
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.database.orders.settled.size() == 4);
  for (const auto& order : on.database.orders.settled) CHECK(order.status == order_status::reserved);
}

TEST_CASE("of malformed orders ours end in a row, and only strangers' are dead letters", "[settle]") {
  fixture on;
  messaging::order_batch batch;
  batch.malformed.resize(3);
  batch.malformed[0].remains = on.order("a@x");
  batch.malformed[1].remains = on.order("b@x");
  batch.malformed[1].remains->id = *domain::order_id::parse("018f0000-0000-8000-8000-000000000001");
  batch.deliveries = {{1, 0, 1}, {2, 0, 2}};
  on.consumer.batches.push_back(std::move(batch));
  on.run();
  CHECK(on.consumer.acknowledged == 1);
  REQUIRE(on.database.orders.settled.size() == 1);
  CHECK(on.database.orders.settled[0].reason == domain::order_reason::not_available);
}

TEST_CASE("an order for a category that does not exist is rejected, and costs nobody else anything", "[settle]") {
  fixture on;
  auto batch = on.some_orders(2);
  batch[0].category_id = "moon";
  on.queue(std::move(batch));
  on.run();
  CHECK(on.consumer.dead_letters.empty());
  REQUIRE(on.database.orders.settled.size() == 2);
  CHECK(on.database.orders.settled[0].reason == domain::order_reason::not_available);
}

TEST_CASE("what carries no seal of ours takes nobody's tickets", "[settle]") {
  fixture on;
  auto batch = on.some_orders(3);
  const auto not_ours = *domain::order_id::parse("018f0000-0000-8000-8000-000000000001");
  batch[1].id = not_ours;
  on.queue(std::move(batch));
  on.run();
  CHECK(on.database.orders.settled.size() == 2);
  REQUIRE(on.consumer.dead_letters.size() == 1);
  CHECK(on.consumer.dead_letters[0].reason == "the id carries no seal of ours");
  CHECK(on.consumer.dead_letters[0].order == not_ours);
  CHECK(on.consumer.acknowledged == 1);
}

TEST_CASE("a database that refuses everything is waited out, and the metric says so", "[settle]") {
  fixture on;
  on.database.orders.on_begin.then(test::database_errc::unusable, 5);
  on.queue(on.some_orders(3));
  async::spawn(on.io.get_executor(), "settle", on.settle.run());
  while (!on.settle.is_waiting()) on.io.run_one();
  CHECK(on.metrics.settlement_waiting.Value() == 1);
  on.io.run();
  CHECK_FALSE(on.settle.is_waiting());
  CHECK(on.metrics.settlement_waiting.Value() == 0);
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.database.orders.settled.size() == 3);
}

TEST_CASE("a batch that runs out of time is made smaller until it fits, and grows back", "[settle]") {
  fixture on;
  on.database.orders.fits = [](std::size_t orders) { return orders <= 3; };
  on.queue(on.some_orders(20));
  on.run();
  CHECK(on.database.orders.settled.size() == 20);
  CHECK(on.consumer.acknowledged == 1);
  CHECK(on.consumer.dead_letters.empty());
  on.database.orders.fits = [](std::size_t) { return true; };
  on.queue(on.some_orders(100));
  on.run();
  CHECK(on.database.orders.batches.back() > 20);
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

TEST_CASE("the worker says up to when everything is settled, if it is the one that settles", "[settle]") {
  fixture on;
  const auto now = domain::now();
  CHECK_FALSE(on.settle.settled_up_to(now));  // nothing is known yet
  auto batch = on.some_orders(2);
  batch.front().accepted_at = now - 8s;
  batch.back().accepted_at = now - 7s;
  on.queue(std::move(batch));
  on.run();
  CHECK(on.settle.settled_up_to(now) == now - 7s - 100ms);
  on.consumer.is_the_active_one = false;
  CHECK_FALSE(on.settle.settled_up_to(now));
}

TEST_CASE("a worker has settled what was in the queue when the broker says that none waits", "[settle]") {
  fixture on;
  const auto now = domain::now();
  on.consumer.drained = std::chrono::steady_clock::now() - 2s;
  const auto up_to = on.settle.settled_up_to(now);
  REQUIRE(up_to);
  CHECK(now - *up_to >= 2s + 100ms);
  CHECK(now - *up_to < 10s);
  on.consumer.is_the_active_one = false;
  CHECK_FALSE(on.settle.settled_up_to(now));
}

TEST_CASE("what strangers say of the time, or what is to come, proves nothing settled", "[settle]") {
  fixture on;
  const auto now = domain::now();
  auto batch = on.some_orders(2);
  batch.front().accepted_at = now - 7s;
  batch.back().accepted_at = now - 1s;
  batch.back().id = *domain::order_id::parse("018f0000-0000-8000-8000-000000000001");
  on.queue(std::move(batch));
  on.run();
  CHECK(on.settle.settled_up_to(now) == now - 7s - 100ms);
  auto late = on.some_orders(1);
  late.front().accepted_at = now + 1h;
  on.queue(std::move(late));
  on.run();
  CHECK_FALSE(on.settle.settled_up_to(now));
}

TEST_CASE("an event that somebody holds holds up no other, and its orders wait in their order", "[settle]") {
  fixture on;
  auto other = on.database.orders.context.categories.front();
  other.event_id = "held";
  on.database.orders.context.categories.push_back(other);
  on.database.orders.held = {"held"};
  std::vector<domain::accepted_order> batch = on.some_orders(6);
  for (const std::size_t i : {1u, 2u, 5u}) batch[i].event_id = "held";
  on.queue(batch);
  on.queue({batch[1]});  // a repeat of one that waits
  on.run();
  REQUIRE(on.database.orders.settled.size() == 3);
  REQUIRE(on.database.orders.waiting.size() == 3);
  CHECK(on.consumer.acknowledged == 2);

  // The lock is given back: what waited comes first, then what comes after.
  on.database.orders.held.clear();
  auto late = on.order("late@x");
  late.event_id = "held";
  on.queue({late});
  on.run();
  CHECK(on.database.orders.waiting.size() == 4);
  on.settle_waiting();
  CHECK(on.database.orders.waiting.empty());
  std::vector<domain::order_id> settled;
  for (const auto& view : on.database.orders.settled)
    if (view.event_id == "held") settled.push_back(view.id);
  CHECK(settled == std::vector{batch[1].id, batch[2].id, batch[5].id, late.id});
}

TEST_CASE("an event whose rows the database refuses, or is slow with, holds up no other", "[settle]") {
  const auto error = GENERATE(test::database_errc::unusable, test::database_errc::constraint_violation,
                              test::database_errc::lock_timeout, test::database_errc::statement_timeout);
  fixture on;
  const auto stock = on.database.orders.context.categories.front();
  for (const auto* name : {"bad", "other", "quiet"}) {
    on.database.orders.context.categories.push_back(stock);
    on.database.orders.context.categories.back().event_id = name;
  }
  on.database.orders.faulty.emplace("bad", error);
  auto batch = on.some_orders(9);
  for (const std::size_t i : {0u, 2u, 5u}) batch[i].event_id = "bad";
  for (const std::size_t i : {1u, 7u}) batch[i].event_id = "other";
  on.queue(batch);
  auto alone = on.order("alone@x");  // behind which another event's order stands
  alone.event_id = "bad";
  on.queue({alone});
  on.queue({on.order("behind@x")});
  on.run();
  CHECK(on.consumer.acknowledged == 3);
  CHECK_FALSE(on.settle.is_waiting());
  CHECK(on.database.orders.settled.size() == 7);
  CHECK(on.database.orders.waiting.size() == 4);

  // While it is so, other events' orders that wait are settled; and then its own, in their order.
  auto waits = on.order("waits@x");
  waits.event_id = "other";
  on.database.orders.waiting.push_back(waits);
  async::spawn(on.io.get_executor(), "waiting", on.settle.run_waiting());
  const auto run_until_there_are = [&](std::size_t settled) {
    const auto end = deadline_in(20s);
    on.io.restart();
    while (on.database.orders.settled.size() < settled && std::chrono::steady_clock::now() < end)
      on.io.run_one_until(end);
    REQUIRE(on.database.orders.settled.size() == settled);
  };
  run_until_there_are(8);
  CHECK(on.database.orders.settled.back().id == waits.id);
  on.database.orders.faulty.clear();
  run_until_there_are(12);
  std::vector<domain::order_id> ended;
  for (std::size_t i = 8; i < 12; ++i) ended.push_back(on.database.orders.settled[i].id);
  CHECK(ended == std::vector{batch[0].id, batch[2].id, batch[5].id, alone.id});
  on.settle.stop();
  on.io.run();
}

TEST_CASE("where no other event shows that the database settles, the queue keeps everything", "[settle]") {
  fixture on;
  on.database.orders.faulty.emplace("gig", test::database_errc::unusable);
  bool has_other = GENERATE(true, false);
  if (has_other) {
    on.database.orders.context.categories.push_back(on.database.orders.context.categories.front());
    on.database.orders.context.categories.back().event_id = "other";
    on.database.orders.faulty.emplace("other", test::database_errc::unusable);
  }
  on.queue(on.some_orders(3));
  async::spawn(on.io.get_executor(), "settle", on.settle.run());
  while (!on.settle.is_waiting()) on.io.run_one();
  CHECK(on.consumer.acknowledged == 0);
  CHECK(on.database.orders.waiting.empty());
  on.database.orders.faulty.clear();
  on.io.run();
  CHECK(on.consumer.acknowledged == 1);
  CHECK(on.database.orders.settled.size() == 3);
}

TEST_CASE("what cannot be read of an event that waits is rejected, and never sold", "[settle]") {
  fixture on;
  on.database.orders.held = {"gig"};
  messaging::order_batch batch;
  batch.malformed.resize(1);
  batch.malformed[0].remains = on.order("a@x");
  batch.deliveries = {{1, 0, 1}};
  on.consumer.batches.push_back(std::move(batch));
  on.run();
  CHECK(on.database.orders.waiting.empty());
  REQUIRE(on.database.orders.settled.size() == 1);
  CHECK(on.database.orders.settled[0].status == order_status::rejected);
}

TEST_CASE("one that waits and is known already leaves the waiting table", "[settle]") {
  fixture on;
  const auto known = on.order("a@x");
  on.database.orders.context.known_orders.emplace(known.id, known.buyer.email);
  on.database.orders.waiting = {known};
  on.settle_waiting();
  CHECK(on.database.orders.waiting.empty());
  CHECK(on.database.orders.settled.empty());
}

TEST_CASE("an event in trouble is tried again when its pause is over", "[settle]") {
  fixture on;
  orders::settle_waiting waiting{on.io.get_executor(),
                                 on.database,
                                 on.clock,
                                 on.printer,
                                 {.rules = on.rules},
                                 {.retry = 1ms, .poll = 1ms, .pauses = {1h, 1h}},
                                 {{[](const std::string&) {}, [](auto) {}}, [](std::size_t) {}},
                                 on.metrics};
  on.database.orders.waiting = on.some_orders(2);
  waiting.note_trouble("gig", test::database_errc::unusable);
  CHECK(waiting.is_in_trouble("gig"));
  async::spawn(on.io.get_executor(), "waiting", waiting.run());
  for (int steps = 0; steps < 100; ++steps) on.io.run_one();  // some looks
  CHECK(on.database.orders.settled.empty());
  on.clock.passed = 1h;
  const auto end = deadline_in(20s);
  while (!on.database.orders.waiting.empty() && std::chrono::steady_clock::now() < end) on.io.run_one_until(end);
  CHECK(on.database.orders.settled.size() == 2);
  CHECK_FALSE(waiting.is_any_in_trouble());
  waiting.stop();
  on.io.run();
}

TEST_CASE("an order's words are at fault only where longer and stranger ones are taken", "[settle]") {
  fixture on;
  auto batch = on.some_orders(4);
  bool is_narrow = true;
  on.database.orders.is_poisoned = [&](const auto& order) { return is_narrow && order.buyer.email.size() > 2; };
  on.queue(std::move(batch));
  async::spawn(on.io.get_executor(), "settle", on.settle.run());
  while (!on.settle.is_waiting()) on.io.run_one();
  is_narrow = false;
  on.io.run();
  for (const auto& order : on.database.orders.settled) CHECK(order.status == order_status::reserved);
}

TEST_CASE("an order without our seal is a dead letter, unless its event's secret is not here", "[settle]") {
  fixture on;
  domain::order_id_mint others(domain::secrets{"a secret that others have"});
  const auto theirs = domain::generation_of("a secret that others have");
  const auto order_of_others = [&](domain::id_layout layout) {
    const domain::id_subject subject{layout, "gig", "ada@x", theirs};
    return test::order_of_gig(others.mint_random(subject), on.clock.at, 1, "ada@x");
  };
  on.database.events.event = test::gig(on.clock.at);
  on.queue({on.order("bob@x"), order_of_others(domain::id_layout::by_event)});
  on.run();
  CHECK(on.database.orders.settled.size() == 1);
  REQUIRE(on.consumer.dead_letters.size() == 1);
  CHECK(on.consumer.dead_letters[0].reason == "the id carries no seal of ours");

  fixture behind;
  behind.database.events.event = test::gig(behind.clock.at);
  behind.database.events.event->secret_generation = theirs;
  behind.database.events.event->id_layout = domain::id_layout::by_buyer;
  behind.queue({order_of_others(domain::id_layout::by_buyer)});
  behind.run();
  CHECK(behind.consumer.dead_letters.empty());
  CHECK(behind.database.orders.settled.size() == 1);
}
