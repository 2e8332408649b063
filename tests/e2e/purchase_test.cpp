// Buying tickets through Nginx, when nothing is broken.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"

#include <set>

using namespace ticketd;
using namespace ticketd::test;

TEST_CASE("A buyer's order is accepted, and then confirmed with its tickets, invoice and total", "[purchase]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 10});

  const answer accepted = concert.buy({.email = concert.email_of("ada"), .quantity = 3});
  const std::string id = accepted.member("id");
  CHECK(accepted.status() == 202);
  CHECK(accepted.header("Location") == "/api/v1/orders/" + id);
  CHECK(accepted.json() == boost::json::object{{"id", id}, {"status", "queued"}});

  REQUIRE(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
  const answer confirmed = concert.order(id);
  const auto& order = confirmed.json();
  CHECK(order.at("reason").is_null());
  CHECK(confirmed.member("event_id") == concert.event_id());
  CHECK(confirmed.member("category_id") == category);
  CHECK(order.at("quantity") == 3);
  CHECK(order.at("total") == boost::json::object{{"amount", 3 * ticket_price}, {"currency", "TRY"}});
  CHECK_FALSE(order.at("invoice").at("number").as_string().empty());
  CHECK(order.at("created_at").as_string() <= order.at("updated_at").as_string());
  CHECK(order.at("updated_at").as_string().back() == 'Z');
  std::set<std::string> ids;
  std::set<std::string> codes;
  for (const auto& ticket : order.at("tickets").as_array()) {
    ids.emplace(ticket.at("id").as_string());
    codes.emplace(ticket.at("code").as_string());
  }
  CHECK(ids.size() == 3);
  CHECK(codes.size() == 3);

  for (const auto& replica : lab.replica_urls()) CHECK(send(replica, get("/api/v1/orders/" + id)).json() == order);
  CHECK(eventually([&] { return concert.remaining() == 7; }));
  CHECK(concert.becomes("on_sale"));
  CHECK(concert.breaches() == "");
}

TEST_CASE("500 buyers for the last 100 tickets leave exactly 100 sold", "[purchase]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100});

  const auto answers = concert.rush(concert.purchases(500), 500, lab.replica_urls());
  const auto accepted = count_of(answers, 202);
  const auto refused = count_of(answers, 409);
  CHECK(accepted >= 100);
  CHECK(accepted + refused == 500);
  for (const answer& each : answers)
    if (each.status() == 409) CHECK(each.problem() == "sold-out");

  REQUIRE(concert.settles());
  auto outcomes = concert.outcomes();
  CHECK(outcomes["confirmed"] == 100);
  CHECK(outcomes["rejected sold_out"] + refused == 400);
  CHECK(lab.query("SELECT sold, held FROM categories WHERE event_id = '" + concert.event_id() + "'") == "100|0");
  CHECK(eventually([&] { return concert.remaining() == 0; }));
  CHECK(concert.becomes("sold_out"));
  CHECK(concert.buy().problem() == "sold-out");
  CHECK(concert.breaches() == "");
}

TEST_CASE("Buyers of several tickets get all that they asked for or nothing, and never more than the limit",
          "[purchase]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100, .max_per_buyer = 4});

  std::vector<call> calls;
  for (int i = 0; i < 60; ++i) calls.push_back(concert.purchase({.email = "", .quantity = 3}));
  const std::string greedy = concert.email_of("greedy");
  for (int i = 0; i < 3; ++i) calls.push_back(concert.purchase({.email = greedy, .quantity = 2}));
  concert.rush(std::move(calls), 20, lab.replica_urls());

  REQUIRE(concert.settles());
  const std::string tickets =
      "SELECT coalesce(sum(quantity), 0) FROM orders WHERE status = 'confirmed' AND event_id = '" + concert.event_id() +
      "'";
  CHECK(lab.count(tickets) >= 98);
  CHECK(lab.count(tickets) <= 100);
  CHECK(lab.count(tickets + " AND buyer_email = '" + greedy + "'") <= 4);
  CHECK(concert.breaches() == "");
}

TEST_CASE("One event lists with the others, and replaces by PUT", "[purchase]") {
  const laboratory lab;
  lab.up();
  const sale concert(lab, {.capacity = 5});
  const auto event = [&] { return send(lab.public_url(), get("/api/v1/events/" + concert.event_id())); };

  const auto is_listed = [&] {
    // Page by page: a Link looks like </api/v1/events?limit=2&after=...>; rel="next".
    for (std::string page = "/api/v1/events?limit=2"; !page.empty();) {
      const answer list = send(lab.public_url(), get(page));
      for (const auto& each : list.json().at("events").as_array())
        if (each.at("id").as_string() == concert.event_id()) return !each.as_object().contains("categories");
      const std::string link = list.header("Link");
      page = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    return false;
  };
  CHECK(eventually(is_listed));
  CHECK(event().member("sale_opens_at") == "2020-01-01T00:00:00Z");
  CHECK(event().member("sale_status") == "on_sale");

  CHECK(concert.plan({.capacity = 8}).status() == 200);
  CHECK(eventually([&] { return concert.remaining() == 8; }));
  CHECK(concert.plan({.capacity = 8, .opens_at = "2098-01-01T00:00:00+03:00"}).status() == 200);
  CHECK(concert.becomes("scheduled"));
  CHECK(event().member("sale_opens_at") == "2097-12-31T21:00:00Z");
  CHECK(concert.plan({.capacity = 8, .closes_at = "2021-01-01T00:00:00Z"}).status() == 200);
  CHECK(concert.becomes("closed"));
}
