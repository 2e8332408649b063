// The steps that lead to the default, each a preset of the same executable behind the same URL.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"

#include <set>

using namespace ticketd;
using namespace ticketd::test;

namespace {

// What a synchronous purchase promises, with a cache and without.
void buy_synchronously(const laboratory& lab) {
  sale concert(lab, {.capacity = 3, .max_per_buyer = 2});
  const double charges_before = lab.metric("payments", "ticketd_sandbox_charges_total");

  const answer bought = concert.buy({.email = concert.email_of("ada"), .quantity = 2, .key = "key"});
  const std::string id = bought.member("id");
  CHECK(bought.status() == 201);
  CHECK(bought.header("Location") == "/api/v1/orders/" + id);
  CHECK(bought.member("status") == "confirmed");
  CHECK(bought.json().at("tickets").as_array().size() == 2);
  CHECK(concert.order(id).json() == bought.json());

  const answer repeat = concert.buy({.email = concert.email_of("ada"), .quantity = 2, .key = "key"});
  CHECK(repeat.status() == 201);
  CHECK(repeat.json() == bought.json());
  CHECK(lab.metric("payments", "ticketd_sandbox_charges_total") == charges_before + 1);

  CHECK(concert.buy({.email = concert.email_of("ada"), .quantity = 1}).problem() == "limit-exceeded");
  CHECK(concert.buy({.email = "", .quantity = 2}).problem() == "sold-out");
  CHECK(concert.buy().status() == 201);
  CHECK(concert.buy().problem() == "sold-out");
  CHECK(eventually([&] { return concert.remaining() == 0; }));
  CHECK(concert.breaches() == "");
}

void rush_synchronously(const laboratory& lab) {
  sale concert(lab, {.capacity = 20});
  const auto answers = concert.rush(60, 60);
  CHECK(count_of(answers, 201) == 20);
  CHECK(count_of(answers, 409) == 40);

  std::vector<call> calls(10, concert.purchase({.email = concert.email_of("ada"), .quantity = 1, .key = "key"}));
  CHECK(concert.plan({.capacity = 25}).status() == 200);
  std::set<std::string> ids;
  for (const auto& each : concert.rush(std::move(calls), 10, {lab.public_url()})) {
    CHECK(each.status() == 201);
    ids.insert(each.member("id"));
  }
  CHECK(ids.size() == 1);
  CHECK(concert.breaches() == "");
}

}  // namespace

TEST_CASE("Phase 1: a purchase is answered when it is paid, and every read is the database's", "[phases]") {
  const laboratory lab;
  lab.up({"--phase", "1"});
  buy_synchronously(lab);
  rush_synchronously(lab);
  const sale concert(lab);
  CHECK(concert.availability().header("Cache-Status") == "ticketd; fwd=bypass; detail=cache-off");
}

TEST_CASE("Phase 2: the same, and reads come out of a cache that may die", "[phases]") {
  const laboratory lab;
  lab.up({"--phase", "2"});
  buy_synchronously(lab);
  const sale concert(lab);
  break_and_repair(lab, {.service = "redis",
                         .breaks_by = "stop",
                         .while_broken = [&] { buy_synchronously(lab); },
                         .is_back = [&] { return concert.availability().header("Cache-Status") == "ticketd; hit"; }});
}

TEST_CASE("A synchronous purchase whose payment is declined is refused, and gives its tickets back", "[phases]") {
  const laboratory lab;
  lab.up({"--phase", "2"}, {{"TICKETD_SANDBOX_DECLINE_RATE", "1"}});
  sale concert(lab, {.capacity = 5});
  const order_form form{.email = concert.email_of("ada"), .quantity = 5, .key = "key"};
  for (int repeats = 0; repeats < 2; ++repeats) {
    const answer declined = concert.buy(form);
    CHECK(declined.status() == 402);
    CHECK(declined.problem() == "payment-declined");
  }
  CHECK(eventually([&] { return concert.remaining() == 5; }));
  CHECK(concert.outcomes() == std::map<std::string, int>{{"payment_failed payment_declined", 1}});
  CHECK(concert.breaches() == "");
}

TEST_CASE("Phases 3 and 4: a message and a transaction an order, on one replica and on three", "[phases]") {
  const laboratory lab;
  for (const std::string phase : {"3", "4"}) {
    lab.up({"--phase", phase});
    sale concert(lab, {.capacity = 100});
    const auto answers = concert.rush(150, 50);
    CHECK(count_of(answers, 202) + count_of(answers, 409) == 150);
    REQUIRE(concert.settles());
    CHECK(concert.outcomes()["confirmed"] == 100);
    CHECK(lab.metric("worker-1", "ticketd_settle_batch_orders_sum") ==
          lab.metric("worker-1", "ticketd_settle_batch_orders_count"));
    CHECK(concert.breaches() == "");
  }
}

TEST_CASE("With payments off an order is confirmed at once", "[phases]") {
  const laboratory lab;
  lab.up({"--payments", "off"});
  sale concert(lab, {.capacity = 10});
  concert.rush(15, 15);
  REQUIRE(concert.settles());
  CHECK(concert.outcomes()["confirmed"] == 10);
  const answer order = concert.order(lab.query(
      "SELECT min(id::text) FROM orders WHERE status = 'confirmed' AND event_id = '" + concert.event_id() + "'"));
  CHECK(order.json().at("tickets").as_array().size() == 1);
  CHECK(order.json().at("invoice").is_object());
  CHECK(lab.count("SELECT count(*) FROM orders WHERE payment_intent IS NOT NULL AND event_id = '" + concert.event_id() +
                  "'") == 0);
  CHECK(concert.breaches() == "");
}
