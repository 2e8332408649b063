// One Idempotency-Key of one buyer is one order and at most one charge, however often it is sent, and wherever to.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"

#include <set>

using namespace ticketd;
using namespace ticketd::test;

namespace {

std::set<std::string> ids_of(const std::vector<answer>& answers) {
  std::set<std::string> ids;
  for (const answer& each : answers) ids.insert(each.member("id"));
  return ids;
}

std::vector<std::string> every_door(const laboratory& lab) {
  auto urls = lab.replica_urls();
  urls.push_back(lab.public_url());
  return urls;
}

double charges(const laboratory& lab) { return lab.metric("payments", "ticketd_sandbox_charges_total"); }

// Fifty times the same, at once, at every door.
void send_one_key_fifty_times(const laboratory& lab, sale& concert, const std::string& key) {
  const double charges_before = charges(lab);
  const int rows_before = concert.rows();
  std::vector<call> calls(50, concert.purchase({.email = "", .quantity = 2, .key = key}));
  const auto answers = concert.rush(std::move(calls), 50, every_door(lab));
  CHECK(count_of(answers, 202) == 50);
  CHECK(ids_of(answers).size() == 1);

  const std::string id = answers.front().member("id");
  REQUIRE(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
  CHECK(concert.rows() == rows_before + 1);
  CHECK(charges(lab) == charges_before + 1);
  CHECK(lab.query("SELECT total_amount, payment_intent LIKE 'pi_%' FROM orders WHERE id = '" + id + "'") ==
        std::to_string(2 * ticket_price) + "|t");
}

}  // namespace

TEST_CASE("One key sent 50 times at once is one order and one charge, with Redis and without", "[idempotency]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  send_one_key_fifty_times(lab, concert, "with-redis");

  break_and_repair(lab, {.service = "redis", .breaks_by = "stop", .while_broken = [&] {
                           send_one_key_fifty_times(lab, concert, "without-redis");
                         }});
  CHECK(concert.breaches() == "");
}

TEST_CASE("A key belongs to its buyer, whose address is compared without case", "[idempotency]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const auto id_of = [&](const std::string& email, const std::string& key) {
    const answer accepted = concert.buy({.email = email, .quantity = 1, .key = key});
    CHECK(accepted.status() == 202);
    return accepted.member("id");
  };

  const std::string ada = concert.email_of("ada");
  const std::string id = id_of(ada, "key");
  CHECK(id_of("ADA" + ada.substr(3), "key") == id);
  CHECK(id_of(concert.email_of("bob"), "key") != id);
  CHECK(id_of(ada, "Key") != id);
  CHECK(id_of(ada, "") != id_of(ada, ""));
  // Where one ends and the other begins counts.
  CHECK(id_of(ada, "1key") != id_of(ada + "1", "key"));
  CHECK(concert.breaches() == "");
}

TEST_CASE("Of two different orders under one key, the one that is settled first is the order", "[idempotency]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string email = concert.email_of("ada");

  const answer first = concert.buy({.email = email, .quantity = 1, .key = "key"});
  REQUIRE(concert.settles());
  const answer second = concert.buy({.email = email, .quantity = 2, .key = "key"});
  // Where the replica remembers the first.
  if (second.status() == 202)
    CHECK(second.member("id") == first.member("id"));
  else
    CHECK(second.status() == 422);
  // A later order of the same queue: when it is settled, so is the repeat before it.
  concert.buy();
  REQUIRE(concert.settles());
  CHECK(concert.order(first.member("id")).json().at("quantity") == 1);
  CHECK(concert.rows() == 2);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A repeat after the event is sold out hears of its order, not of the sold-out event", "[idempotency]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 1});
  const order_form form{.email = concert.email_of("ada"), .quantity = 1, .key = "key"};

  const answer first = concert.buy(form);
  REQUIRE(concert.becomes("sold_out"));
  CHECK(concert.buy().problem() == "sold-out");
  for (const auto& door : every_door(lab)) {
    const answer repeat = send(door, concert.purchase(form));
    CHECK(repeat.status() == 202);
    CHECK(repeat.member("id") == first.member("id"));
  }
  CHECK(concert.breaches() == "");
}
