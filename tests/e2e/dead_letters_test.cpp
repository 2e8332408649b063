// What cannot be settled is set aside with its reason, never in the way of the rest, and can be tried again.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <boost/json/serialize.hpp>

using namespace ticketd;
using namespace ticketd::test;

namespace {

namespace json = boost::json;

// To the broker, past every api.
void publish_raw(const laboratory& lab, const std::string& body) {
  const auto result = run_program({"/usr/bin/python3", test::checkout() + "/tests/support/publish_raw.py", body},
                                  {{"TICKETD_AMQP_URL", lab.amqp_url()}});
  INFO(result.errors);
  REQUIRE(result.status == 0);
}

json::object order_of(const std::string& id, const std::string& event, const std::string& category_id) {
  return {{"id", id},
          {"event_id", event},
          {"category_id", category_id},
          {"quantity", 1},
          {"buyer", {{"name", "Ada"}, {"email", "ada@example.com"}}},
          {"accepted_at", "2027-01-05T10:00:00.000123Z"}};
}

std::string message_of(json::array orders) { return json::serialize(json::object{{"orders", std::move(orders)}}); }

std::string dead_letters(const laboratory& lab) { return lab.must({"dead-letters"}); }

bool are_dead(const laboratory& lab, const std::string& what) {
  return eventually([&] { return dead_letters(lab).find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("A malformed message is set aside with its reason, and the good ones around it settle", "[dead_letters]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string mark = "malformed-of-" + concert.event_id();
  lab.stop("worker-1");
  REQUIRE(count_of(concert.rush(20, 1), 202) == 20);
  publish_raw(lab, "no JSON at all: " + mark);
  const std::string good = "018f0000-0000-8000-8000-000000000001";
  json::object negative = order_of("018f0000-0000-8000-8000-000000000002", concert.event_id(), category);
  negative["quantity"] = -5;
  publish_raw(lab, message_of({negative}));
  REQUIRE(count_of(concert.rush(20, 1), 202) == 20);
  lab.start("worker-1");

  CHECK(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 40}});
  CHECK(eventually([&] { return concert.remaining() == 960; }));
  CHECK(are_dead(lab, mark));
  CHECK(are_dead(lab, "018f0000-0000-8000-8000-000000000002"));
  CHECK(lab.metric("worker-1", "ticketd_orders_dead_lettered_total") >= 2);
  CHECK(concert.breaches() == "");
}

TEST_CASE("What carries our seal ends in a row that its buyer can read; what carries none is set aside",
          "[dead_letters]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string missing = concert.event_id() + "-gone";
  domain::order_id_mint mint(domain::secrets{lab.secret("secret")});
  const auto ours = mint.mint_random({});
  const std::string not_ours = "018f0000-0000-8000-8000-" + concert.event_id().substr(6, 12);
  publish_raw(lab, message_of({order_of(not_ours, concert.event_id(), category),
                               order_of(ours.to_string(), missing, category)}));
  CHECK(are_dead(lab, not_ours));
  CHECK(dead_letters(lab).find("the id carries no seal of ours") != std::string::npos);
  REQUIRE(eventually([&] { return concert.order(ours.to_string()).json().at("status") == "rejected"; }));
  CHECK(concert.order(ours.to_string()).json().at("reason") == "not_available");
  CHECK(dead_letters(lab).find(ours.to_string()) == std::string::npos);

  // Replayed it still is not ours, and takes nobody's tickets.
  lab.must({"dead-letters", "replay"});
  CHECK(are_dead(lab, not_ours));
  CHECK(concert.rows() == 0);
  CHECK(lab.run({"audit"}).status == 0);
}
