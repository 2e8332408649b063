// Settlement, on a real PostgreSQL.
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/persistence/waiting_order_store.hpp"

#include <boost/asio/steady_timer.hpp>

using namespace ticketd;
using domain::order_reason;
using domain::order_source;
using domain::order_status;
using domain::payment_mode;
using persistence::database_errc;
using persistence::lock_wait;

TEST_CASE("a reserved order holds its tickets and has its payment due", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  auto order = stores.order("standing", 2);
  order.buyer.name = "O'Brien \"{\\}\" 🎟";
  order.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  stores.settle({order}, payment_mode::charge);

  const auto view = stores.find(order.id);
  REQUIRE(view.status == order_status::reserved);
  REQUIRE(view.reason == order_reason::none);
  REQUIRE(view.total == domain::money{100000, "TRY"});
  REQUIRE(view.created_at == order.accepted_at);
  REQUIRE(view.tickets.empty());
  REQUIRE_FALSE(view.invoice_number);
  REQUIRE(stores.sql("SELECT buyer_name FROM orders") == order.buyer.name);
  REQUIRE(stores.sql("SELECT held || '/' || sold FROM categories WHERE id = 'standing'") == "2/0");
  REQUIRE(stores.sql("SELECT status || ' ' || amount || ' ' || attempts || ' ' || traceparent FROM payments") ==
          "pending 100000 0 " + order.traceparent);
  REQUIRE(stores.sql("SELECT expires_at BETWEEN now() + interval '890 s' AND now() + interval '900 s' "
                     "FROM payments") == "t");
}

TEST_CASE("a confirmed order has its tickets and its invoice", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  const auto first = stores.order("standing", 2);
  const auto second = stores.order("free", 1);
  stores.settle({first, second}, payment_mode::confirm_at_once);
  const auto view = stores.find(first.id);
  REQUIRE(view.status == order_status::confirmed);
  REQUIRE(view.invoice_number == "GIG-000001");
  REQUIRE(view.tickets.size() == 2);
  REQUIRE(view.tickets[1].id == "GIG-000001-2");
  REQUIRE(view.tickets[1].code == stores.printer.codes(first.id, 2)[1]);
  REQUIRE(stores.find(second.id).invoice_number == "GIG-000002");
  REQUIRE(stores.sql("SELECT sold FROM categories WHERE id = 'standing'") == "2");
  REQUIRE(stores.sql("SELECT count(*) FROM payments") == "0");
}

TEST_CASE("an order of after the start of the event is settled as too late", "[persistence][integration]") {
  test::stores stores;
  auto event = test::gig(5);
  event.starts_at = domain::now() - std::chrono::minutes(30);  // the sale itself goes on
  stores.define(event);
  const auto late = stores.order("standing", 1);
  auto in_time = stores.order("standing", 1);
  in_time.accepted_at = event.starts_at - std::chrono::minutes(1);
  stores.settle({in_time, late}, payment_mode::charge);
  REQUIRE(stores.find(in_time.id).status == order_status::reserved);
  REQUIRE(stores.find(late.id).reason == order_reason::sale_closed);
}

TEST_CASE("a batch is settled in the order of acceptance, refusals included", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(5, 3));
  auto early = stores.order("standing", 1);
  early.accepted_at -= std::chrono::hours(2);
  auto late = stores.order("standing", 1);
  late.accepted_at += std::chrono::hours(48);
  const auto fits = stores.order("standing", 3, "ada@example.com");
  const auto over_limit = stores.order("standing", 1, "ada@example.com");
  const auto too_many = stores.order("standing", 3);
  const auto last = stores.order("standing", 2);
  const std::vector<domain::accepted_order> batch{early, late, fits, over_limit, fits, too_many, last};
  stores.settle(batch, payment_mode::charge);

  REQUIRE(stores.find(early.id).reason == order_reason::sale_not_open);
  REQUIRE(stores.find(late.id).reason == order_reason::sale_closed);
  REQUIRE(stores.find(over_limit.id).reason == order_reason::limit_exceeded);
  REQUIRE(stores.find(too_many.id).reason == order_reason::sold_out);
  REQUIRE(stores.find(last.id).status == order_status::reserved);
  REQUIRE(stores.sql("SELECT string_agg(reason, ' ' ORDER BY settlement_no) FROM orders") ==
          "sale_not_open sale_closed limit_exceeded sold_out");
  REQUIRE(stores.sql("SELECT count(*) FROM orders") == "6");

  // The whole batch again, as after a crash between commit and acknowledgement.
  const auto again = stores.settle(batch, payment_mode::charge);
  REQUIRE(again.decisions.empty());
  REQUIRE(stores.sql("SELECT held FROM categories WHERE id = 'standing'") == "5");
  // The limit counts what earlier batches gave, over all categories.
  const auto more = stores.order("free", 1, "ada@example.com");
  stores.settle({more}, payment_mode::charge);
  REQUIRE(stores.find(more.id).reason == order_reason::limit_exceeded);
}

TEST_CASE("the limit a buyer holds in either layout of ids", "[persistence][integration]") {
  test::stores stores;
  for (const auto layout : {domain::id_layout::by_buyer, domain::id_layout::by_event}) {
    auto event = test::gig(100, 3);
    event.id = "gig" + std::to_string(static_cast<int>(layout));
    event.id_layout = layout;
    stores.define(event);
    const auto order = [&](const std::string& category, int quantity, const std::string& email) {
      auto made = stores.order(category, quantity, email);
      made.event_id = event.id;
      made.id_layout = layout;
      made.id = stores.mint.mint_random({layout, event.id, email});
      return made;
    };
    stores.settle({order("standing", 2, "ada@example.com")}, payment_mode::charge);
    stores.settle({order("standing", 3, "bob@example.com")}, payment_mode::charge);
    const auto over = order("free", 2, "ada@example.com");
    stores.settle({over}, payment_mode::charge);
    REQUIRE(stores.find(over.id).reason == order_reason::limit_exceeded);
    // What was refused holds nothing, also where it comes again beside another.
    const auto within = order("free", 1, "ada@example.com");
    const auto settled = stores.settle({over, within, within}, payment_mode::charge);
    REQUIRE(settled.decisions.size() == 1);
    REQUIRE(stores.find(within.id).status == order_status::confirmed);
  }
  // An event keeps its layout, whatever it is replaced by.
  auto event = test::gig(100, 3);
  event.id = "gig1";
  stores.define(event);
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const auto found = co_await session.events().find("gig1", test::soon());
    REQUIRE(found.has_value());
    REQUIRE((*found)->id_layout == domain::id_layout::by_buyer);
  });
}

TEST_CASE("two settlers with the same orders neither oversell nor settle twice", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < 500; ++i) orders.push_back(stores.order("standing", 1));

  int done = 0;
  const auto settler = [&](std::size_t batch) -> awaitable<> {
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    for (std::size_t at = 0; at < orders.size(); at += batch) {
      const auto end = std::min(orders.size(), at + batch);
      const std::vector<domain::accepted_order> some(orders.begin() + static_cast<std::ptrdiff_t>(at),
                                                     orders.begin() + static_cast<std::ptrdiff_t>(end));
      const auto settled = co_await stores.settle(**session, some, payment_mode::confirm_at_once);
      REQUIRE(settled.has_value());
    }
    ++done;
  };
  const auto both = [&]() -> awaitable<> {
    async::spawn(stores.io.get_executor(), "settler", settler(7));
    co_await settler(10);
    asio::steady_timer timer(stores.io);
    while (done < 2) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  stores.run(both());
  REQUIRE(stores.sql("SELECT count(*) FROM orders") == "500");
  REQUIRE(stores.sql("SELECT count(*) FROM orders WHERE status = 'confirmed'") == "100");
  REQUIRE(stores.sql("SELECT count(*) FROM tickets") == "100");
  REQUIRE(stores.sql("SELECT sold FROM categories WHERE id = 'standing'") == "100");
  // First come, first served: the hundred that were accepted first.
  for (std::size_t i : {0u, 99u}) REQUIRE(stores.find(orders[i].id).status == order_status::confirmed);
  REQUIRE(stores.find(orders[100].id).status == order_status::rejected);
  REQUIRE(stores.sql("SELECT min(number) || '-' || max(number) || '-' || count(*) FROM invoices") == "1-100-100");
}

TEST_CASE("one id under two events at once: the slower settler has a conflict", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  auto other = test::gig(10);
  other.id = "other";
  stores.define(other);
  const auto one = stores.order("standing", 1);
  auto same_id = stores.order("standing", 1);
  same_id.id = one.id;
  same_id.event_id = "other";
  stores.with_session([&](persistence::session& slow) -> awaitable<> {
    auto& store = slow.settlement();
    const std::vector<domain::accepted_order> batch{same_id};
    auto reading = co_await store.begin(batch, lock_wait::until_deadline, test::soon());
    REQUIRE(reading.has_value());
    REQUIRE(reading->context.known_orders.empty());
    {
      auto quick = co_await stores.database->acquire(test::soon());
      REQUIRE(quick.has_value());
      const std::vector<domain::accepted_order> first{one};
      const auto settled = co_await stores.settle(**quick, first, payment_mode::charge);
      REQUIRE(settled.has_value());
    }
    const auto allocation = domain::allocate(std::move(reading->context), batch, payment_mode::charge);
    const auto committed =
        co_await store.commit(batch, allocation, order_source::queue, domain::begin_payment(stores.hold), test::soon());
    REQUIRE(committed.error() == database_errc::conflict);
    const auto again = co_await stores.settle(slow, batch, payment_mode::charge);
    REQUIRE(again.has_value());
    REQUIRE(again->decisions.empty());
  });
  REQUIRE(stores.sql("SELECT sum(held) FROM categories") == "1");
}

TEST_CASE("an abandoned settlement leaves nothing, and no lock", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const std::vector<domain::accepted_order> batch{stores.order("standing", 1)};
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    auto& store = session.settlement();
    const auto reading = co_await store.begin(batch, lock_wait::until_deadline, test::soon());
    REQUIRE(reading.has_value());
    const auto abandoned = co_await store.abandon(test::soon());
    REQUIRE(abandoned.has_value());
  });
  stores.sql("SET lock_timeout = 1000");
  stores.sql("UPDATE events SET name = 'Free of locks'");
  REQUIRE(stores.sql("SELECT count(*) FROM orders") == "0");
}

TEST_CASE("the database itself refuses to oversell", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  stores.settle({stores.order("standing", 6)}, payment_mode::charge);
  for (const auto* change : {"sold = sold + 5", "held = -1"}) {
    const auto refusal =
        stores.sql.refusal_of("UPDATE categories SET " + std::string(change) + " WHERE id = 'standing'");
    REQUIRE(refusal.find("never_oversold") != std::string::npos);
  }

  // And a faulty settler gets it as a value.
  const std::vector<domain::accepted_order> batch{stores.order("standing", 5)};
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    auto& store = session.settlement();
    const auto reading = co_await store.begin(batch, lock_wait::until_deadline, test::soon());
    REQUIRE(reading.has_value());
    domain::allocation mad;
    mad.decisions.push_back({0, order_status::reserved, order_reason::none, {250000, "TRY"}});
    const auto committed =
        co_await store.commit(batch, mad, order_source::queue, domain::begin_payment(stores.hold), test::soon());
    REQUIRE(committed.error() == database_errc::constraint_violation);
  });
  REQUIRE(stores.sql("SELECT count(*) FROM orders") == "1");
}

TEST_CASE("an order in a state of a newer version is there, and not at an end", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(5, 3));
  const auto strange = stores.order("standing", 1);
  const auto known = stores.order("free", 1);
  stores.settle({strange, known}, payment_mode::charge);
  stores.sql("ALTER TYPE order_status ADD VALUE 'parked'");
  stores.sql("UPDATE orders SET status = 'parked' WHERE id = '" + strange.id.to_string() + "'");
  REQUIRE(stores.find(strange.id).status == order_status::queued);
  REQUIRE(stores.find(known.id).status == order_status::confirmed);
}

TEST_CASE("find answers only what has been settled", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto settled = stores.order("standing", 1);
  stores.settle({settled}, payment_mode::charge);
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    const std::vector<domain::order_id> ids{stores.mint.mint_random({}), settled.id};
    const auto found = co_await session.orders().find(ids, test::soon());
    REQUIRE(found.has_value());
    REQUIRE(found->size() == 1);
    REQUIRE(found->front().id == settled.id);
    const auto none = co_await session.orders().find({}, test::soon());
    REQUIRE(none.has_value());
    REQUIRE(none->empty());
  });
}

TEST_CASE("what somebody holds is passed over, waits in its order, and is settled from there",
          "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  auto other = test::gig(100);
  other.id = "other";
  stores.define(other);
  const auto of = [&](const std::string& event, int quantity) {
    auto made = stores.order("standing", quantity);
    made.event_id = event;
    made.payment_method = "pm_card_visa";
    made.terms = domain::sale_terms{{700, "EUR"}, {made.accepted_at, made.accepted_at + std::chrono::hours(1)}, 7};
    return made;
  };
  const orders::settlement_rules rules{.pay = payment_mode::charge, .hold = stores.hold, .may_defer = true};
  const auto settle = [&](const std::vector<domain::accepted_order>& batch, order_source from) {
    domain::allocation settled;
    stores.with_session([&](persistence::session& session) -> awaitable<> {
      auto allocation =
          co_await orders::settle_batch(session.settlement(), stores.printer, batch, from, rules, test::soon());
      REQUIRE(allocation.has_value());
      settled = std::move(*allocation);
    });
    return settled;
  };
  const auto waiting = [&] {
    std::vector<domain::accepted_order> first;
    stores.with_session([&](persistence::session& session) -> awaitable<> {
      auto events = co_await session.waiting_orders().events(test::soon());
      REQUIRE(events.has_value());
      REQUIRE(events->size() == 1);
      auto found = co_await session.waiting_orders().orders_of(events->front(), 10, test::soon());
      REQUIRE(found.has_value());
      first = std::move(*found);
    });
    return first;
  };

  // An operator holds the event's row, and then no more than a category's.
  for (const auto* held : {"SELECT 1 FROM events WHERE id = 'other' FOR UPDATE",
                           "UPDATE categories SET name = 'Held' WHERE event_id = 'other' AND id = 'standing'"}) {
    auto operator_ = stores.fresh.connect();
    operator_("BEGIN");
    operator_(held);
    const std::vector batch{of("gig", 1), of("other", 2), of("gig", 1), of("other", 3)};
    const auto settled = settle(batch, order_source::queue);
    REQUIRE(settled.decisions.size() == 2);
    REQUIRE(settled.deferred == std::vector<std::size_t>{1, 3});
    REQUIRE(stores.find(batch[0].id).status == order_status::reserved);
    REQUIRE(stores.find(batch[1].id).status == order_status::queued);
    REQUIRE(settle(batch, order_source::queue).deferred.empty());  // delivered again: they are known

    auto first = waiting();
    REQUIRE(first.size() == 2);
    REQUIRE(first[0].id == batch[1].id);
    REQUIRE(first[0].payment_method == "pm_card_visa");
    REQUIRE(first[0].terms->price == domain::money{700, "EUR"});
    REQUIRE(first[0].terms->window == batch[1].terms->window);
    REQUIRE(settle(first, order_source::waiting_table).decisions.empty());  // it is held still
    operator_("ROLLBACK");

    const auto late = of("other", 1);
    REQUIRE(settle({late}, order_source::queue).deferred.size() == 1);  // others came before it
    first = waiting();
    REQUIRE(first.size() == 3);
    REQUIRE(settle(first, order_source::waiting_table).decisions.size() == 3);
    REQUIRE(stores.sql("SELECT count(*) FROM waiting_orders") == "0");
    REQUIRE(stores.find(late.id).total == domain::money{700, "EUR"});
    REQUIRE(stores.sql("SELECT string_agg(quantity::text, ' ' ORDER BY settlement_no DESC) FROM (SELECT * FROM orders "
                       "WHERE event_id = 'other' ORDER BY settlement_no DESC LIMIT 3) o") == "1 3 2");
  }
}
