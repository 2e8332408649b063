// The two ways of taking a purchase: what each is made of shows in what it says of itself, and a buyer's answer comes
// through.
#include "api/async_purchasing.hpp"
#include "api/sync_purchasing.hpp"
#include "fakes/fake_cache.hpp"
#include "fakes/fake_gateway.hpp"
#include "fakes/fake_queue.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;
using messaging::publish_outcome;

namespace {

struct fixture : test::in_process {
  test::fake_cache cache;
  catalog::event_reader events{io.get_executor(), database, nullptr, clock, {.reading = 1s}, metrics};
  orders::order_finder finder{io.get_executor(), database, {.query = 2s}};

  fixture() {
    database.events.event = test::gig(clock.at, 5);
    database.orders.context.categories.push_back(test::stock_of_gig(clock.at, 5));
  }

  test::fake_publisher* broker = nullptr;  // of the last asynchronous()

  std::unique_ptr<purchasing> asynchronous() {
    auto publisher = std::make_unique<test::fake_publisher>();
    broker = publisher.get();
    broker->confirms_take = 7ms;
    return make_async_purchasing({.executor = io.get_executor(),
                                  .events = events,
                                  .finder = finder,
                                  .publisher = std::move(publisher),
                                  .cache = &cache,
                                  .mint = mint,
                                  .clock = clock,
                                  .settled_wait = 500ms,
                                  .placing = {.look_up_max = 200ms}});
  }

  std::unique_ptr<purchasing> synchronous(std::unique_ptr<payment::gateway> gateway = nullptr) {
    orders::settlement_rules rules;
    rules.pay = gateway ? domain::payment_mode::charge : domain::payment_mode::confirm_at_once;
    return make_sync_purchasing({.executor = io.get_executor(),
                                 .events = events,
                                 .database = database,
                                 .gateway = std::move(gateway),
                                 .mint = mint,
                                 .clock = clock,
                                 .printer = printer,
                                 .rules = rules,
                                 .charging = charging,
                                 .told = {[](const std::string&) {}, [](auto) {}},
                                 .metrics = metrics});
  }
  orders::charge_settings charging{};

  purchase_answer buy(purchasing& at) {
    io.restart();
    return test::run_coroutine(io, at.buy(test::purchase_of_gig("key"), deadline_in(10s)));
  }

  std::string location() { return "/api/v1/orders/" + test::id_of_purchase(mint, "key").to_string(); }
};

}  // namespace

TEST_CASE("an asynchronous purchase takes as long as a confirm, and needs the broker alone", "[purchasing]") {
  fixture on;
  const auto purchases = on.asynchronous();
  CHECK(purchases->usual_time() == 7ms);
  CHECK(purchases->sells_without_database());
  const auto needs = purchases->dependencies();
  REQUIRE(needs.size() == 1);
  CHECK(needs[0].name == "broker");
  CHECK(needs[0].is_required);
  for (const bool is_ready : {true, false}) {
    on.broker->is_connected = is_ready;
    CHECK(purchases->is_ready() == is_ready);
    CHECK(needs[0].is_up() == is_ready);
  }
  test::run_coroutine(on.io, purchases->drain(deadline_in(1s)));
  CHECK(on.broker->is_drained);
}

TEST_CASE("an asynchronous purchase is accepted when the broker has it, and says where it is", "[purchasing]") {
  fixture on;
  const auto purchases = on.asynchronous();
  const auto said = on.buy(*purchases);
  CHECK(on.broker->published.size() == 1);
  CHECK(said.response.result() == http::status::accepted);
  CHECK(said.response[http::field::location] == on.location());
  CHECK(said.elsewhere == orders::elsewhere::no);
}

TEST_CASE("an asynchronous purchase that is not published here may be another replica's", "[purchasing]") {
  const std::vector<std::pair<publish_outcome, orders::elsewhere>> cases{
      {publish_outcome::unreachable, orders::elsewhere::maybe},
      {publish_outcome::overloaded, orders::elsewhere::unless_overloaded},
      {publish_outcome::unavailable, orders::elsewhere::no},
      {publish_outcome::unknown, orders::elsewhere::no}};
  for (const auto& [outcome, elsewhere] : cases) {
    fixture on;
    const auto purchases = on.asynchronous();
    on.broker->outcome = outcome;
    const auto said = on.buy(*purchases);
    CAPTURE(static_cast<int>(outcome));
    CHECK(said.response.result() == http::status::service_unavailable);
    CHECK(said.elsewhere == elsewhere);
  }
}

TEST_CASE("a synchronous purchase needs the database", "[purchasing]") {
  fixture on;
  const auto purchases = on.synchronous();
  CHECK(purchases->usual_time() == 0ms);
  CHECK(purchases->is_ready());
  CHECK_FALSE(purchases->sells_without_database());
  CHECK(purchases->dependencies().empty());
}

TEST_CASE("a synchronous purchase is decided in the answer", "[purchasing]") {
  fixture on;
  const auto purchases = on.synchronous();
  const auto bought = on.buy(*purchases);
  CHECK(bought.response.result() == http::status::created);
  CHECK(bought.response[http::field::location] == on.location());
  CHECK(bought.elsewhere == orders::elsewhere::no);
}

TEST_CASE("a synchronous purchase is charged by the gateway that it was given", "[purchasing]") {
  fixture on;
  auto gateway = std::make_unique<test::fake_gateway>();
  const auto& provider = *gateway;
  const auto id = test::id_of_purchase(on.mint, "key");
  on.database.payments.reserve(test::charged_order_of_gig(id));
  const auto purchases = on.synchronous(std::move(gateway));
  const auto bought = on.buy(*purchases);
  CHECK(provider.charges.at(id) == 1);
  REQUIRE(on.database.payments.written.size() == 1);
  CHECK(on.database.payments.written[0].order.status == domain::order_status::confirmed);
  // The fake's order stays as it was reserved: its buyer hears that he may ask again, and where.
  CHECK(bought.response.result() == http::status::service_unavailable);
  CHECK(bought.response[http::field::location] == on.location());
}
