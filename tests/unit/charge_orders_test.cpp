// The payment stage in process: claims, charges, writes, and ends holds.
#include "ticketd/orders/charge_orders.hpp"
#include "fakes/fake_gateway.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/spawn.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;
using domain::payment_result;

namespace {

struct fixture : test::in_process {
  test::fake_gateway gateway;
  payment::gateway* provider = &gateway;  // null: payments are off
  std::set<std::string> changed;
  std::vector<domain::order_id> told;
  orders::charge_settings settings = [] {
    orders::charge_settings quick;
    quick.poll = 1ms;
    quick.postponed_retry = 1ms;
    return quick;
  }();

  domain::charged_order order() { return test::charged_order_of_gig(mint.mint_random({})); }

  domain::charged_order reserve() {
    auto made = order();
    database.payments.reserve(made);
    return made;
  }

  orders::charge_orders make_stage() {
    return {io.get_executor(),
            database,
            provider,
            clock,
            printer,
            settings,
            {[this](const std::string& event) { changed.insert(event); },
             [this](auto orders) { told.insert(told.end(), orders.begin(), orders.end()); }},
            metrics};
  }

  void run_until(const std::function<bool()>& is_so) { test::run_until(io, is_so); }

  // Until so many decisions are written.
  void run_until_written(std::size_t count) {
    auto stage = make_stage();
    stage.start();
    run_until([&] { return database.payments.written.size() >= count; });
    REQUIRE(database.payments.written.size() == count);
    test::run_coroutine(io, stage.drain(deadline_in(20s)));
  }
};

// Answers when it is let.
class slow_gateway final : public test::fake_gateway {
 public:
  explicit slow_gateway(const asio::any_io_executor& executor) : may_answer(executor) {}

  int asked = 0;
  async::auto_reset_event may_answer;

  awaitable<payment::charge_answer> charge(const payment::charge_request&, deadline until) override {
    ++asked;
    co_await may_answer.wait_until(until);
    payment::charge_answer answer;
    answer.result = payment_result::succeeded;
    answer.intent_id = "pi_late";
    co_return answer;
  }
};

}  // namespace

TEST_CASE("what is due is claimed on lease, charged once, and confirmed", "[charge_orders]") {
  fixture on;
  const auto order = on.reserve();
  on.run_until_written(1);
  CHECK(on.gateway.charges[order.id] == 1);
  CHECK(on.database.payments.lease == on.settings.lease());
  CHECK(on.database.payments.hold == on.settings.hold);
  CHECK(on.database.payments.written[0].order.status == order_status::confirmed);
  CHECK(on.database.payments.written[0].payment->intent_id == "pi_" + order.id.to_string());
  CHECK(on.changed == std::set<std::string>{"gig"});
  CHECK(on.told == std::vector{order.id});
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
  SECTION("payments on") {}
  SECTION("payments off") { on.provider = nullptr; }
  auto old = on.order();
  old.attempts = 0;
  on.database.payments.old_holds.orders = {old};
  on.run_until_written(1);
  CHECK(on.database.payments.written[0].order.status == order_status::expired);
  CHECK(on.database.payments.written[0].payment->status == domain::payment_status::canceled);
}

TEST_CASE("a charge that succeeds after its hold gets tickets if there are some, and else the money goes back",
          "[charge_orders]") {
  fixture on;
  const auto first = on.reserve();
  const auto second = on.reserve();
  for (auto& order : on.database.payments.context.orders) order.status = order_status::expired;
  on.database.payments.context.remaining[{"gig", "standing"}] = 1;
  on.run_until_written(2);
  const auto& written = on.database.payments.written;
  CHECK(written[0].order.id == first.id);
  CHECK(written[0].order.status == order_status::confirmed);
  CHECK(written[1].order.id == second.id);
  CHECK(written[1].order.status == order_status::expired);
  CHECK(written[1].payment->status == domain::payment_status::refund_due);
  CHECK(written[1].payment->due_in == 0ms);
}

TEST_CASE("an outcome that the database refuses holds up no other", "[charge_orders]") {
  fixture on;
  on.database.payments.poison = GENERATE(test::database_errc::constraint_violation, test::database_errc::unusable,
                                         test::database_errc::statement_timeout);
  std::vector<domain::charged_order> orders;
  for (int i = 0; i < 5; ++i) orders.push_back(on.reserve());
  on.database.payments.is_poisoned = [&](const auto& decision) { return decision.order.id == orders[2].id; };
  on.run_until_written(4);
  std::set<domain::order_id> written;
  for (const auto& decision : on.database.payments.written) written.insert(decision.order.id);
  CHECK(written.size() == 4);
  CHECK_FALSE(written.contains(orders[2].id));
  for (const auto& order : orders) CHECK(on.gateway.charges[order.id] == 1);
  CHECK(on.database.payments.recordings == std::vector<std::size_t>{5, 2, 3, 1, 2});
}

TEST_CASE("outcomes that the database refuses are kept while it takes no other, but not for ever", "[charge_orders]") {
  fixture on;
  on.settings.database_pause = 1ms;
  const auto order = on.reserve();
  on.database.payments.poison = test::database_errc::unusable;
  bool is_refused = true;
  on.database.payments.is_poisoned = [&](const auto&) { return is_refused; };
  SECTION("it takes them later") {
    auto stage = on.make_stage();
    stage.start();
    on.run_until([&] { return on.database.payments.recordings.size() > 3; });
    is_refused = false;
    on.run_until([&] { return on.database.payments.written.size() == 1; });
    CHECK(on.gateway.charges[order.id] == 1);
  }
  SECTION("it does not: there is room for other charges again, and the provider is asked once more") {
    on.settings.refused_most = 20ms;
    on.settings.window = {.floor = 1, .ceiling = 1};
    auto stage = on.make_stage();
    stage.start();
    on.run_until([&] { return on.database.payments.recordings.size() > 0; });
    const auto other = on.reserve();
    stage.payments_due();
    on.run_until([&] { return on.gateway.charges[other.id] == 1; });
  }
}

TEST_CASE("holds of an event that the database refuses to end hold up no other's", "[charge_orders]") {
  fixture on;
  on.settings.event_pauses = {1ms, 1ms};
  on.database.payments.poison = GENERATE(test::database_errc::constraint_violation, test::database_errc::unusable,
                                         test::database_errc::lock_timeout, test::database_errc::statement_timeout);
  bool is_refused = true;
  on.database.payments.is_poisoned = [&](const auto& decision) {
    return is_refused && decision.order.event_id == "bad";
  };
  for (const auto* event : {"bad", "gig", "other"}) {
    on.database.payments.old_holds.orders.push_back(on.order());
    on.database.payments.old_holds.orders.back().event_id = event;
  }
  auto stage = on.make_stage();
  stage.start();
  on.run_until([&] { return on.changed == std::set<std::string>{"gig", "other"}; });
  CHECK(on.database.payments.old_holds.orders.size() == 1);
  is_refused = false;
  on.run_until([&] { return on.changed.contains("bad"); });
}

TEST_CASE("a drain waits for the charges in flight, and claims nothing more", "[charge_orders]") {
  fixture on;
  slow_gateway slow(on.io.get_executor());
  on.provider = &slow;
  const auto order = on.reserve();
  auto stage = on.make_stage();
  stage.start();
  on.run_until([&] { return slow.asked == 1; });
  bool is_drained = false;
  async::spawn(on.io.get_executor(), "drain", [&]() -> awaitable<> {
    co_await stage.drain(deadline_in(20s));
    is_drained = true;
  });
  on.io.poll();
  on.reserve();
  stage.payments_due();
  on.io.poll();
  CHECK_FALSE(is_drained);
  slow.may_answer.set();
  on.run_until([&] { return is_drained; });
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].order.id == order.id);
  CHECK(on.database.payments.written[0].order.status == order_status::confirmed);
  CHECK(on.database.payments.due.size() == 1);
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

TEST_CASE("while charging is slowed, refunds go on", "[charge_orders]") {
  fixture on;
  on.settings.probe = 1ms;
  on.gateway.answer_with = [](const auto&) { return payment_result::our_mistake; };
  for (int i = 0; i < 4; ++i) on.reserve();
  auto stage = on.make_stage();
  stage.start();
  on.run_until([&] { return on.metrics.charging_slowed.Value() == 1; });
  domain::due_payment refund;
  refund.order = on.order().id;
  refund.task = domain::payment_task::refund;
  refund.attempts = 1;
  on.database.payments.due.push_back(refund);
  on.run_until([&] { return on.gateway.refunds[refund.order] == 1; });
  CHECK(on.metrics.charging_slowed.Value() == 1);
}

TEST_CASE("where the provider asks for a pause nothing is claimed until it is over", "[charge_orders]") {
  fixture on;
  on.settings.window = {.floor = 1, .first = 1, .ceiling = 1};
  on.reserve();
  on.reserve();
  on.gateway.answer_with = [](const auto&) { return payment_result::not_done; };
  on.gateway.pace = payment::provider_pace::too_much;
  on.gateway.retry_after = 1s;
  auto stage = on.make_stage();
  stage.start();
  const auto began = std::chrono::steady_clock::now();
  on.run_until([&] { return on.database.payments.written.size() == 1; });
  CHECK(on.database.payments.due.size() == 1);
  CHECK(on.database.payments.written[0].payment->due_in == 1000ms);  // by another worker as well
  stage.payments_due();
  on.run_until([&] { return on.database.payments.due.empty(); });
  CHECK(std::chrono::steady_clock::now() - began >= 1s);
  test::run_coroutine(on.io, stage.drain(deadline_in(20s)));
}

TEST_CASE("no more charges begin a second than are allowed", "[charge_orders]") {
  fixture on;
  on.settings.a_second = 50;
  for (int i = 0; i < 30; ++i) on.reserve();
  const auto began = std::chrono::steady_clock::now();
  on.run_until_written(30);
  CHECK(std::chrono::steady_clock::now() - began >= 490ms);  // five of them at once
}

TEST_CASE("errors leave as many charges at once as before, and being asked for less does not", "[charge_orders]") {
  fixture on;
  on.reserve();
  on.gateway.answer_with = [](const auto&) { return payment_result::unknown; };
  on.gateway.pace = payment::provider_pace::unsaid;
  on.run_until_written(1);
  CHECK(on.metrics.charges_at_once_max.Value() == 16);
  fixture busy;
  busy.reserve();
  busy.gateway.pace = payment::provider_pace::too_much;
  busy.run_until_written(1);
  CHECK(busy.metrics.charges_at_once_max.Value() == 8);
}

TEST_CASE("that nothing was charged is written as soon as it can be, and the order left alone until then",
          "[charge_orders]") {
  fixture on;
  const auto reserved = on.reserve();
  on.gateway.answer_with = [](const auto&) { return payment_result::not_done; };
  on.database.payments.is_event_held = true;
  auto stage = on.make_stage();
  stage.start();
  on.run_until([&] { return on.database.payments.recordings.size() > 3; });
  CHECK(on.database.payments.written.empty());
  // Its lease is over meanwhile, and the provider is well again.
  on.gateway.answer_with = [](const auto&) { return payment_result::succeeded; };
  domain::due_payment again;
  again.order = reserved.id;
  again.attempts = 2;
  on.database.payments.due.push_back(again);
  stage.payments_due();
  const auto looks = on.database.payments.recordings.size();
  on.run_until([&] { return on.database.payments.recordings.size() > looks + 3; });
  CHECK(on.gateway.charges[reserved.id] == 1);
  on.database.payments.is_event_held = false;
  on.run_until([&] { return on.database.payments.written.size() == 1; });
  CHECK(on.database.payments.written[0].order.attempts_not_done == 1);
  on.run_until([&] { return on.gateway.charges[reserved.id] == 2; });
  test::run_coroutine(on.io, stage.drain(deadline_in(20s)));
}

TEST_CASE("refunds that hang take no place of a charge's, nor keep a mistake from being tried again",
          "[charge_orders]") {
  class hanging_refunds final : public test::fake_gateway {
   public:
    explicit hanging_refunds(const asio::any_io_executor& executor) : never(executor) {}
    async::auto_reset_event never;
    int begun = 0;
    awaitable<payment::charge_answer> refund(const payment::charge_request&, std::string_view,
                                             deadline until) override {
      ++begun;
      co_await never.wait_until(until);
      co_return payment::charge_answer();
    }
  };
  fixture on;
  hanging_refunds provider(on.io.get_executor());
  on.provider = &provider;
  on.settings.probe = 1ms;
  on.settings.window = {.floor = 1, .first = 1, .ceiling = 1};
  provider.answer_with = [](const auto&) { return payment_result::our_mistake; };
  for (int i = 0; i < 4; ++i) on.reserve();
  for (int i = 0; i < 20; ++i) {
    domain::due_payment refund;
    refund.order = on.order().id;
    refund.task = domain::payment_task::refund;
    refund.attempts = 1;
    on.database.payments.due.push_back(refund);
  }
  auto stage = on.make_stage();
  stage.start();
  on.run_until([&] { return on.metrics.charging_slowed.Value() == 1 && provider.begun > 0; });
  CHECK(provider.begun <= 8);
  provider.answer_with = [](const auto&) { return payment_result::succeeded; };
  const auto last = on.reserve();
  on.run_until([&] { return on.metrics.charging_slowed.Value() == 0 && provider.charges[last.id] == 1; });
}

TEST_CASE("orders that the provider refuses as wrong hold up none that it takes", "[charge_orders]") {
  fixture on;
  on.settings.probe = 1ms;
  on.settings.window.ceiling = 4;
  std::set<domain::order_id> bad;
  for (int i = 0; i < 40; ++i) bad.insert(on.reserve().id);
  for (int i = 0; i < 40; ++i) on.reserve();
  on.gateway.answer_with = [&](const auto& order) {
    if (!bad.contains(order)) return payment_result::succeeded;
    domain::due_payment again;  // due again at once
    again.order = order;
    again.attempts = 2;
    on.database.payments.due.insert(on.database.payments.due.begin(), again);
    return payment_result::our_mistake;
  };
  auto stage = on.make_stage();
  stage.start();
  const auto is_confirmed = [](const auto& decision) { return decision.order.status == order_status::confirmed; };
  on.run_until([&] { return std::ranges::count_if(on.database.payments.written, is_confirmed) == 40; });
  for (const auto& id : bad) CHECK(on.gateway.charges[id] >= 1);
  CHECK(on.database.payments.probes > 0);
  test::run_coroutine(on.io, stage.drain(deadline_in(20s)));
}
