// The worker is away, dies in the middle of its work, or has a stand-in.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"

#include <chrono>
#include <future>
#include <map>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

std::string status_on(const std::string& replica, const std::string& id) {
  return send(replica, get("/api/v1/orders/" + id)).member("status");
}

// So many orders, all of them accepted, with nobody there to settle them.
void queue_orders(const laboratory& lab, sale& concert, std::size_t orders) {
  lab.stop("worker-1");
  REQUIRE(count_of(concert.rush(orders, 50), 202) == static_cast<std::ptrdiff_t>(orders));
}

int confirmed(const laboratory& lab, const sale& concert) {
  return lab.count("SELECT count(*) FROM orders WHERE status = 'confirmed' AND event_id = '" + concert.event_id() +
                   "'");
}

}  // namespace

TEST_CASE("2,000 orders wait for a stopped worker, and are then served in the order of acceptance", "[worker]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 1000});
  lab.stop("worker-1");

  // One after the other, so that there is an order of acceptance to speak of.
  const auto answers = concert.rush(2000, 1);
  REQUIRE(count_of(answers, 202) == 2000);
  const std::string first = concert.ledger().front();
  const std::string last = concert.ledger().back();
  for (const auto& replica : lab.replica_urls())
    CHECK(send(replica, get("/api/v1/orders/" + last)).json() ==
          boost::json::object{{"id", last}, {"status", "queued"}});
  break_and_repair(lab, {.service = "redis", .breaks_by = "stop", .while_broken = [&] {
                           for (const auto& replica : lab.replica_urls()) CHECK(status_on(replica, first) == "queued");
                         }});
  lab.start("worker-1");
  REQUIRE(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 1000}, {"rejected sold_out", 1000}});
  std::vector<call> reads;
  for (const auto& id : concert.ledger()) reads.push_back(get("/api/v1/orders/" + id));
  const auto orders = send_all({lab.public_url()}, std::move(reads), 20);
  std::size_t out_of_order = 0;
  for (std::size_t i = 0; i < orders.size(); ++i)
    if (orders[i].member("status") != (i < 1000 ? "confirmed" : "rejected")) ++out_of_order;
  CHECK(out_of_order == 0);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A worker killed while it settles and charges leaves nothing undone, and does nothing twice", "[worker]") {
  const laboratory lab;
  // Small transactions and slow payments: there is a middle to be killed in.
  // What a dead worker had in hand is taken up again when a call would have ended.
  lab.up(
      {},
      {{"TICKETD_SETTLE_BATCH_MAX", "50"}, {"TICKETD_CHARGES_IN_FLIGHT", "16"}, {"TICKETD_CHARGE_TIMEOUT_MS", "2000"}});
  sale concert(lab);
  queue_orders(lab, concert, 1000);
  const double charges_before = lab.metric("payments", "ticketd_sandbox_charges_total");

  for (const int progress : {1, 150}) {
    lab.start("worker-1");
    REQUIRE(eventually([&] { return confirmed(lab, concert) >= progress; }));
    lab.kill("worker-1");
    CHECK(confirmed(lab, concert) < 1000);
  }
  lab.start("worker-1");
  REQUIRE(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 1000}});
  CHECK(lab.metric("payments", "ticketd_sandbox_charges_total") == charges_before + 1000);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A worker that is told to stop leaves the queue to its standby at once, and ends its charges meanwhile",
          "[worker]") {
  const laboratory lab;
  lab.up({"--workers", "2"}, {{"TICKETD_SANDBOX_LATENCY_MS", "10000"}, {"TICKETD_CHARGE_TIMEOUT_MS", "15000"}});
  sale concert(lab);
  const auto settles = [&](const std::string& worker) {
    return lab.metric(worker, "ticketd_settle_duration_seconds_count") > 0;
  };
  REQUIRE(concert.buy().status() == 202);
  REQUIRE(eventually([&] { return settles("worker-1") || settles("worker-2"); }));
  const std::string settler = settles("worker-1") ? "worker-1" : "worker-2";
  REQUIRE(count_of(concert.rush(50, 10), 202) == 50);
  const auto last = concert.ledger().back();
  REQUIRE(eventually([&] { return status_on(lab.public_url(), last) == "reserved"; }));

  auto stopping = std::async(std::launch::async, [&] { lab.stop(settler); });
  REQUIRE(eventually([&] { return send(lab.ops_url(settler), get("/readyz")).status() == 503; }));
  const auto late = concert.buy();
  REQUIRE(late.status() == 202);
  CHECK(eventually([&] { return status_on(lab.public_url(), late.member("id")) == "reserved"; }));
  CHECK(stopping.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);  // it waits for the provider still
  stopping.get();
  CHECK(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 52}});
  lab.start(settler);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A second worker takes over when the first is killed", "[worker]") {
  const laboratory lab;
  lab.up({"--workers", "2"});
  sale concert(lab);
  REQUIRE(concert.buy().status() == 202);
  REQUIRE(concert.settles());

  // Whichever settles, its death is the other's turn.
  for (const std::string worker : {"worker-1", "worker-2"})
    break_and_repair(lab, {.service = worker, .breaks_by = "kill", .while_broken = [&] {
                             CHECK(count_of(concert.rush(100, 20), 202) == 100);
                             CHECK(concert.settles());
                           }});
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 201}});
  CHECK(concert.breaches() == "");
}
