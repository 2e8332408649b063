// The payment stage in process: claims, charges, writes, and ends holds.
#include "ticketd/orders/charge_orders.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_database.hpp"
#include "fakes/fake_gateway.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/io_context.hpp>

#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;
using domain::payment_result;

namespace {

struct fixture {
  asio::io_context io;
  observability::metrics metrics;
  test::fake_database database;
  test::fake_gateway gateway;
  test::fake_clock clock;
  domain::order_id_mint mint{"a secret of the tests"};
  domain::ticket_printer printer{"a secret of the tests"};
  std::set<std::string> changed;
  orders::charge_settings settings = [] {
    orders::charge_settings quick;
    quick.poll = 1ms;
    return quick;
  }();

  domain::charged_order order() {
    domain::charged_order made;
    made.id = mint.mint_random({});
    made.event_id = "gig";
    made.category_id = "standing";
    made.buyer_email = "a@x";
    made.quantity = 1;
    made.total = {1000, "TRY"};
    made.attempts = 1;
    return made;
  }

  domain::charged_order reserve() {
    auto made = order();
    database.payments.context.orders.push_back(made);
    domain::due_payment due;
    due.order = made.id;
    due.amount = made.total;
    due.attempts = 1;
    database.payments.due.push_back(due);
    return made;
  }

  // Until so many decisions are written.
  void run_until_written(std::size_t count) {
    orders::charge_orders stage(
        io.get_executor(), database, &gateway, clock, printer, settings,
        [this](const std::string& event) { changed.insert(event); }, metrics);
    stage.start();
    const auto end = deadline_in(20s);
    while (database.payments.written.size() < count && std::chrono::steady_clock::now() < end) io.run_one_until(end);
    REQUIRE(database.payments.written.size() == count);
    test::run_coroutine(io, stage.drain(deadline_in(20s)));
  }
};

}  // namespace

TEST_CASE("what is due is claimed on lease, charged once, and confirmed", "[charge_orders]") {
  fixture on;
  const auto order = on.reserve();
  on.run_until_written(1);
  CHECK(on.gateway.charges[order.id] == 1);
  CHECK(on.database.payments.lease == on.settings.lease());
  CHECK(on.database.payments.written[0].order.status == order_status::confirmed);
  CHECK(on.database.payments.written[0].payment->intent_id == "pi_" + order.id.to_string());
  CHECK(on.changed == std::set<std::string>{"gig"});
}

TEST_CASE("a database that is away is waited for with the outcome in hand", "[charge_orders]") {
  fixture on;
  const auto order = on.reserve();
  on.database.payments.on_commit.then(std::nullopt);  // the first look for old holds, which writes nothing
  on.database.payments.on_begin.then(std::nullopt).then(test::database_errc::connection_lost, 2);
  on.run_until_written(1);
  CHECK(on.gateway.charges[order.id] == 1);
}

TEST_CASE("holds whose time is over are ended, with payments off as well", "[charge_orders]") {
  fixture on;
  auto old = on.order();
  old.attempts = 0;
  on.database.payments.old_holds.orders = {old};
  on.run_until_written(1);
  CHECK(on.database.payments.written[0].order.status == order_status::expired);
  CHECK(on.database.payments.written[0].payment->status == domain::payment_status::canceled);
}

TEST_CASE("a mistake of ours slows charging to a probe, fails nobody's order, and ends when a probe succeeds",
          "[charge_orders]") {
  fixture on;
  on.settings.probe = 1ms;
  on.settings.window.ceiling = 4;
  for (int i = 0; i < 20; ++i) on.reserve();
  int answers = 0;
  on.gateway.answer_with = [&](const auto&) {
    return ++answers <= 8 ? payment_result::our_mistake : payment_result::succeeded;
  };
  on.run_until_written(20);
  CHECK(on.metrics.charging_slowed.Value() == 0);
  int confirmed = 0;
  int waiting = 0;
  for (const auto& decision : on.database.payments.written) {
    if (decision.order.status == order_status::confirmed) ++confirmed;
    if (!decision.has_new_status) ++waiting;
  }
  CHECK(confirmed == 12);
  CHECK(waiting == 8);
}

TEST_CASE("what the provider said is passed on exactly, and asked again later and later", "[charge_orders]") {
  fixture on;
  domain::due_payment due;
  due.order = on.mint.mint_random({});
  const deadline soon = deadline_in(10s);
  for (const auto result : {payment_result::succeeded, payment_result::declined, payment_result::not_done,
                            payment_result::unknown, payment_result::our_mistake}) {
    on.gateway.answer_with = [result](const auto&) { return result; };
    due.attempts = 3;
    const auto outcome =
        test::run_coroutine(on.io, orders::ask_provider(on.gateway, due, on.settings, on.clock.at, soon));
    CHECK(outcome.result == result);
    CHECK(outcome.attempt == 3);
    CHECK(outcome.ask_again == 1000ms);
    CHECK(on.gateway.last_deadline == soon);
  }
  due.attempts = 1000;
  const auto late = test::run_coroutine(on.io, orders::ask_provider(on.gateway, due, on.settings, on.clock.at, soon));
  CHECK(late.ask_again == on.settings.retry_most);
  due.task = domain::payment_task::refund;
  test::run_coroutine(on.io, orders::ask_provider(on.gateway, due, on.settings, on.clock.at, soon));
  CHECK(on.gateway.refunds[due.order] == 1);

  // A refund that is under way is not asked for again, but about, and seldom: it takes days.
  on.gateway.answer_with = [](const auto&) { return payment_result::under_way; };
  due.task = domain::payment_task::follow_refund;
  due.refund_id = "re_1";
  const auto followed =
      test::run_coroutine(on.io, orders::ask_provider(on.gateway, due, on.settings, on.clock.at, soon));
  CHECK(on.gateway.followed["re_1"] == 1);
  CHECK(on.gateway.refunds[due.order] == 1);
  CHECK(followed.result == payment_result::under_way);
  CHECK(followed.refund_id == "re_" + due.order.to_string());
  CHECK(followed.ask_again == on.settings.follow_most);
}

TEST_CASE("a charge that is older than the provider's memory of keys is looked up, and charged only if it is absent",
          "[charge_orders]") {
  fixture on;
  const deadline soon = deadline_in(10s);
  domain::due_payment due;
  due.order = on.mint.mint_random({});
  due.attempts = 7;
  const auto ask = [&](std::chrono::minutes age, payment_result answer) {
    due.first_asked_at = on.clock.at - age;
    on.gateway.answer_with = [answer](const auto&) { return answer; };
    return test::run_coroutine(on.io, orders::ask_provider(on.gateway, due, on.settings, on.clock.at, soon));
  };
  CHECK(ask(22h + 59min, payment_result::succeeded).result == payment_result::succeeded);
  CHECK(on.gateway.charges[due.order] == 1);
  for (const auto found : {payment_result::succeeded, payment_result::declined, payment_result::unknown})
    CHECK(ask(23h, found).result == found);
  CHECK(ask(23h, payment_result::succeeded).intent_id == "pi_" + due.order.to_string());
  CHECK(ask(23h + 59min, payment_result::absent).result == payment_result::unknown);  // the look-up may be behind
  CHECK(ask(24h, payment_result::absent).result == payment_result::absent);
  CHECK(on.gateway.charges[due.order] == 1);
  CHECK(on.gateway.look_ups[due.order] == 6);
}
