// The synchronous purchase, in process.
#include "ticketd/orders/buy_now.hpp"
#include "fakes/fake_gateway.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/catalog/event_reader.hpp"

#include <string>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;
using domain::payment_result;
using test::database_errc;

namespace {

struct fixture : test::in_process {
  test::fake_gateway gateway;
  catalog::event_reader events{io.get_executor(), database, nullptr, clock, {.reading = 1s}, metrics};
  std::vector<std::string> changed;
  orders::settlement_rules rules{};
  orders::charge_settings charging{};
  std::chrono::seconds time_limit{15};  // of a request

  fixture() {
    database.events.event = test::gig(clock.at, 5);
    database.orders.context.categories.push_back(test::stock_of_gig(clock.at, 5));
  }

  // What the store reads again when the provider has answered.
  void know_payment(const std::string& key) {
    database.payments.reserve(test::charged_order_of_gig(test::id_of_purchase(mint, key)));
  }

  orders::bought buy(payment::gateway* with, const std::string& key = "key", int quantity = 1) {
    orders::buy_now now(events, database, with, mint, clock, printer, rules, charging,
                        {[this](const std::string& event_id) { changed.push_back(event_id); }, [](auto) {}}, metrics);
    return test::run_coroutine(io, now(test::purchase_of_gig(key, quantity), deadline_in(time_limit)));
  }
};

}  // namespace

TEST_CASE("without payments an order is confirmed inside the request", "[buy_now]") {
  fixture on;
  on.rules.pay = domain::payment_mode::confirm_at_once;
  const auto bought = on.buy(nullptr);
  const auto& order = std::get<domain::order_view>(bought);
  CHECK(order.status == order_status::confirmed);
  CHECK(order.tickets.size() == 1);
  CHECK(on.changed == std::vector<std::string>{"gig"});
}

TEST_CASE("what is reserved is charged inside the request, once", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  const auto bought = on.buy(&on.gateway);
  const auto id = test::id_of_purchase(on.mint, "key");
  CHECK(std::get<domain::order_view>(bought).id == id);
  CHECK(on.gateway.charges[id] == 1);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].order.status == order_status::confirmed);
  CHECK(on.changed == std::vector<std::string>{"gig", "gig"});
  CHECK(on.database.orders.last_payment.due_in == on.charging.lease());  // the payment stage keeps off
}

TEST_CASE("what a buyer has paid is written down however long somebody else holds the event", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  on.database.payments.is_event_held = true;
  on.buy(&on.gateway);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].order.status == order_status::confirmed);
}

TEST_CASE("the provider is asked for no longer than leaves time to write down what it said", "[buy_now]") {
  fixture on;
  on.charging.attempts.call = 10s;
  on.charging.transaction = 5s;
  on.know_payment("key");
  const auto began = std::chrono::steady_clock::now();
  on.time_limit = 8s;
  on.buy(&on.gateway);
  CHECK(on.gateway.last_deadline >= began + 3s);
  CHECK(on.gateway.last_deadline <= std::chrono::steady_clock::now() + 3s);
  on.time_limit = 60s;
  on.know_payment("another");
  on.buy(&on.gateway, "another");
  CHECK(on.gateway.last_deadline <= std::chrono::steady_clock::now() + 10s);
  CHECK(on.gateway.last_deadline >= began + 10s);
}

TEST_CASE("a declined charge gives the tickets back", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  on.gateway.answer_with = [](const auto&) { return payment_result::declined; };
  on.buy(&on.gateway);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].order.status == order_status::payment_failed);
  CHECK(on.database.payments.written[0].reason == domain::order_reason::payment_declined);
}

TEST_CASE("an outcome that is not known is left to the payment stage", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  on.gateway.answer_with = [](const auto&) { return payment_result::unknown; };
  const auto bought = on.buy(&on.gateway);
  CHECK(std::get<domain::order_view>(bought).status == order_status::reserved);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK_FALSE(on.database.payments.written[0].has_new_status);
  REQUIRE(on.database.payments.written[0].payment);
  CHECK(on.database.payments.written[0].payment->due_in);
}

TEST_CASE("a repeat of a synchronous purchase is the same order, and charges nobody again", "[buy_now]") {
  fixture on;
  on.rules.pay = domain::payment_mode::confirm_at_once;
  const auto first = std::get<domain::order_view>(on.buy(&on.gateway));
  const auto again = std::get<domain::order_view>(on.buy(&on.gateway));
  CHECK(again.id == first.id);
  CHECK(on.database.orders.settled.size() == 1);
  CHECK(on.gateway.charges.empty());
}

TEST_CASE("a repeat of a bought order is that order, whatever was edited since", "[buy_now]") {
  fixture on;
  on.rules.pay = domain::payment_mode::confirm_at_once;
  const auto first = std::get<domain::order_view>(on.buy(nullptr, "key", 2));
  on.database.events.event->max_per_buyer = 1;
  CHECK(std::get<domain::order_view>(on.buy(nullptr, "key", 2)).id == first.id);
  CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy(nullptr, "another", 2)));
  on.database.orders.on_find.then(database_errc::statement_timeout);
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr, "key", 2)));
}

TEST_CASE("a refusal is settled as an order with its reason", "[buy_now]") {
  fixture on;
  on.database.orders.context.categories[0].sold = 5;
  const auto bought = on.buy(&on.gateway);
  CHECK(std::get<domain::order_view>(bought).status == order_status::rejected);
  CHECK(std::get<domain::order_view>(bought).reason == domain::order_reason::sold_out);
  CHECK(on.changed.empty());
  CHECK(on.gateway.charges.empty());
}

TEST_CASE("what can't be settled is no order, and what makes no sense is said first", "[buy_now]") {
  fixture on;
  CHECK(std::holds_alternative<orders::invalid_purchase>(on.buy(nullptr, "key", 5)));
  CHECK(on.database.orders.batches.empty());
  on.database.on_acquire.then(database_errc::unreachable);
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr)));
  on.database.on_acquire.then(std::nullopt).then(database_errc::pool_wait_timeout);
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr)));
  on.database.orders.on_commit.then(database_errc::connection_lost);
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr)));
  on.database.payments.on_commit.then(database_errc::connection_lost);
  on.know_payment("key");
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(&on.gateway)));
  on.database.orders.on_find.then(database_errc::connection_lost);
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr, "another")));
}

TEST_CASE("an attempt counts as the one that it was claimed as", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  on.database.payments.due[0].attempts = 2;  // a repeat: of the first attempt nothing was heard
  on.database.payments.context.orders[0].attempts = 2;
  on.gateway.answer_with = [](const auto&) { return payment_result::not_done; };
  on.buy(&on.gateway);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].payment->attempts_not_done == 0);
  CHECK(on.database.payments.lease == on.charging.lease());
}

TEST_CASE("a charge that is too old for the provider's memory is looked up, here too", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  on.database.payments.due[0].first_asked_at = on.clock.at - 25h;
  const auto id = on.database.payments.due[0].order;
  on.buy(&on.gateway);
  CHECK(on.gateway.look_ups[id] == 1);
  CHECK(on.gateway.charges[id] == 0);
}

TEST_CASE("what there is nothing to claim for is not charged", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  const auto id = on.database.payments.due[0].order;
  on.database.payments.due.clear();
  on.charging.look_again = 1ms;
  on.time_limit = 0s;
  CHECK(std::get<domain::order_view>(on.buy(&on.gateway)).status == order_status::reserved);
  CHECK(on.gateway.charges[id] == 0);
}

TEST_CASE("a repeat waits for what comes of the charge that another request has on lease", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  const auto id = on.database.payments.due[0].order;
  on.database.payments.due.clear();
  on.charging.look_again = 1ms;
  asio::steady_timer other(on.io, 5ms);
  other.async_wait([&](const error_code&) {
    REQUIRE(on.database.orders.settled.size() == 1);
    on.database.orders.settled[0].status = order_status::confirmed;
  });
  const auto bought = on.buy(&on.gateway);
  CHECK(std::get<domain::order_view>(bought).status == order_status::confirmed);
  CHECK(on.gateway.charges[id] == 0);
}

TEST_CASE("a repeat takes over what another request has left", "[buy_now]") {
  fixture on;
  on.know_payment("key");
  const auto left = on.database.payments.due;
  on.database.payments.due.clear();
  on.charging.look_again = 1ms;
  asio::steady_timer lease(on.io, 5ms);
  lease.async_wait([&](const error_code&) { on.database.payments.due = left; });
  on.buy(&on.gateway);
  CHECK(on.gateway.charges[left[0].order] == 1);
}

TEST_CASE("another buyer's order of the same id is not shown", "[buy_now]") {
  fixture on;
  on.rules.pay = domain::payment_mode::confirm_at_once;
  on.database.orders.context.known_orders.emplace(test::id_of_purchase(on.mint, "key"), "somebody.else@example.org");
  CHECK(std::holds_alternative<orders::unsettled_purchase>(on.buy(nullptr)));
}

TEST_CASE("nothing is bought of an event whose secret is not here", "[buy_now]") {
  fixture on;
  on.database.events.event->secret_generation = domain::generation_of("a secret that others have");
  const auto bought = on.buy(nullptr);
  CHECK(std::get<orders::unsettled_purchase>(bought) == orders::unsettled_purchase::secret_missing);
  CHECK(on.database.orders.settled.empty());
}
