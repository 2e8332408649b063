// The provider declines, fails, hangs or is away: tickets come back, or the order is confirmed after one charge.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"

using namespace ticketd;
using namespace ticketd::test;

namespace {

constexpr std::chrono::seconds longest_retries(180);

double charges(const laboratory& lab) { return lab.metric("payments", "ticketd_sandbox_charges_total"); }

int payments_of(const laboratory& lab, const sale& of, const std::string& status) {
  return lab.count("SELECT count(*) FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.status = '" + status +
                   "' AND o.event_id = '" + of.event_id() + "'");
}

// However often the provider has to be asked.
void sell_forty_for_one_charge_each(const laboratory& lab, sale& concert) {
  const double charges_before = charges(lab);
  REQUIRE(count_of(concert.rush(40, 40), 202) == 40);
  REQUIRE(concert.settles(longest_retries));
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 40}});
  CHECK(charges(lab) == charges_before + 40);
}

}  // namespace

TEST_CASE("A declined payment gives the tickets back", "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_SANDBOX_DECLINE_RATE", "1"}});
  sale concert(lab, {.capacity = 50});

  REQUIRE(count_of(concert.rush(50, 50), 202) == 50);
  REQUIRE(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"payment_failed payment_declined", 50}});
  CHECK(eventually([&] { return concert.remaining() == 50; }));
  const answer failed = concert.order(concert.ledger().front());
  CHECK(failed.member("status") == "payment_failed");
  CHECK(failed.member("reason") == "payment_declined");
  CHECK(failed.json().at("tickets").as_array().empty());
  CHECK(failed.json().at("invoice").is_null());
  CHECK(concert.breaches() == "");
}

TEST_CASE("Tickets of declined payments go to whoever comes next", "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_SANDBOX_DECLINE_RATE", "0.3"}});
  sale concert(lab, {.capacity = 40});

  const auto is_sold = [&] {
    concert.rush(20, 20);
    return concert.settles() && concert.outcomes()["confirmed"] == 40;
  };
  CHECK(eventually(is_sold));
  CHECK(concert.outcomes()["payment_failed payment_declined"] > 0);
  CHECK(concert.becomes("sold_out"));
  CHECK(concert.breaches() == "");
}

// An order that fails again and again is asked about ever less often, so the unlucky ones take a while.
TEST_CASE("A provider that fails every third call charges each order once in the end", "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_SANDBOX_ERROR_RATE", "0.33"}});
  sale concert(lab);
  sell_forty_for_one_charge_each(lab, concert);
  CHECK(lab.metric("payments", "ticketd_sandbox_errors_total") > 0);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A provider that charges and does not answer is asked again, and charges once", "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_SANDBOX_HANG_RATE", "0.25"}, {"TICKETD_CHARGE_TIMEOUT_MS", "1000"}});
  sale concert(lab);
  sell_forty_for_one_charge_each(lab, concert);
  CHECK(lab.metric("payments", "ticketd_sandbox_silences_total") > 0);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A hold that is not paid in time expires, and gives its tickets back", "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_HOLD_SECONDS", "8"}});  // until then it is looked at while it is held
  sale concert(lab, {.capacity = 30});

  const auto expire = [&] {
    REQUIRE(count_of(concert.rush(30, 30), 202) == 30);
    REQUIRE(concert.becomes("sold_out"));
    CHECK(concert.order(concert.ledger().front()).member("status") == "reserved");
    REQUIRE(concert.settles());
    CHECK(concert.outcomes() == std::map<std::string, int>{{"expired hold_expired", 30}});
    CHECK(eventually([&] { return concert.remaining() == 30; }));
    CHECK(concert.order(concert.ledger().front()).member("reason") == "hold_expired");
  };
  break_and_repair(lab, {.service = "payments", .breaks_by = "stop", .while_broken = expire});
  const std::string id = concert.buy().member("id");
  CHECK(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
  CHECK(concert.breaches() == "");
}

TEST_CASE("Orders that wait for a provider that is away are charged when it is back", "[payment]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const auto reserve_fifty = [&] {
    REQUIRE(count_of(concert.rush(50, 50), 202) == 50);
    REQUIRE(eventually([&] { return concert.order(concert.ledger().back()).member("status") == "reserved"; }));
  };
  for (const std::string breaks_by : {"stop", "pause"}) {
    break_and_repair(lab, {.service = "payments", .breaks_by = breaks_by, .while_broken = reserve_fifty});
    REQUIRE(concert.settles());
  }
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 100}});
  CHECK(concert.breaches() == "");
}

TEST_CASE("A provider that turns everybody away charges nobody who was told that the hold is over", "[payment]") {
  const laboratory lab;
  const std::pair<std::string, std::string> short_holds{"TICKETD_HOLD_SECONDS", "2"};
  for (const std::string mood : {"unauthorized", "too-many-requests"}) {
    lab.up({}, {{"TICKETD_SANDBOX_MOOD", mood}, short_holds});
    sale concert(lab);
    REQUIRE(count_of(concert.rush(20, 20), 202) == 20);
    REQUIRE(concert.settles());
    CHECK(concert.outcomes() == std::map<std::string, int>{{"expired hold_expired", 20}});

    lab.up({}, {short_holds});
    const std::string id = concert.buy().member("id");
    CHECK(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
    CHECK(charges(lab) == 1);
    CHECK(payments_of(lab, concert, "pending") == 0);  // nothing is left that could be charged yet
    CHECK(concert.breaches() == "");
  }
}

TEST_CASE("A provider that takes nothing of ours for right fails no order, and all are paid when it does",
          "[payment]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_SANDBOX_MOOD", "invalid-request"}});
  sale concert(lab);
  REQUIRE(count_of(concert.rush(30, 30), 202) == 30);
  REQUIRE(eventually([&] { return lab.metric("worker-1", "ticketd_charging_slowed") == 1; }));
  CHECK(eventually([&] { return concert.outcomes() == std::map<std::string, int>{{"reserved", 30}}; }));

  lab.up();
  REQUIRE(concert.settles(longest_retries));
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 30}});
  CHECK(charges(lab) == 30);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A refund that the provider refuses, or never makes, is one that the audit names", "[payment]") {
  const laboratory lab;
  const auto in_mood = [&](const std::string& mood) {
    lab.up({}, {{"TICKETD_SANDBOX_MOOD", mood}, {"TICKETD_HOLD_SECONDS", "2"}, {"TICKETD_CHARGE_TIMEOUT_MS", "1000"}});
  };
  // Charged, without a word of it, until the holds are over; and then the tickets are gone.
  const auto charge_in_vain = [&](sale& concert) {
    REQUIRE(count_of(concert.rush(5, 5), 202) == 5);
    REQUIRE(concert.settles());
    REQUIRE(concert.outcomes() == std::map<std::string, int>{{"expired hold_expired", 5}});
    REQUIRE(concert.plan({.capacity = 0}).status() == 200);
  };
  const auto is_named = [&](const sale& concert, const std::string& how) {
    const auto audit = lab.run({"audit"});
    CHECK(audit.status == 0);
    return audit.output.find("the refund of order " + concert.ledger().front() + ", 600.00 TRY: " + how) !=
           std::string::npos;
  };

  in_mood("silent");
  sale refused(lab, {.capacity = 5});
  charge_in_vain(refused);
  in_mood("refunds-refused");
  REQUIRE(eventually([&] { return payments_of(lab, refused, "refund_failed") == 5; }, longest_retries));
  CHECK(is_named(refused, "the provider refuses it"));

  in_mood("silent");
  sale pending(lab, {.capacity = 5});
  charge_in_vain(pending);
  in_mood("refunds-pending");
  REQUIRE(eventually([&] { return payments_of(lab, pending, "refund_pending") == 5; }, longest_retries));
  CHECK_FALSE(is_named(pending, "pending"));  // a refund takes its time
  const auto turn_clock = [&](const std::string& what) {
    lab.must({"psql", "-c",
              "UPDATE payments SET " + what +
                  " WHERE status = 'refund_pending' AND order_id IN (SELECT id FROM orders WHERE event_id = '" +
                  pending.event_id() + "')"});
  };
  turn_clock("refund_due_since = now() - interval '11 minutes'");
  CHECK(is_named(pending, "pending since"));

  in_mood("well");
  turn_clock("due_at = now()");
  CHECK(eventually([&] { return payments_of(lab, pending, "refunded") == 5; }));
  CHECK_FALSE(is_named(pending, "pending"));
}
