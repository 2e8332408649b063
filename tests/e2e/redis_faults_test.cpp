// Redis is only ever an optimisation: stopped, started, hanging, it costs no buyer an error.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/redis_drill.hpp"
#include "support/sale.hpp"

using namespace ticketd;
using namespace ticketd::test;

TEST_CASE("Redis stopped under load and started again", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis_under_load(lab, "stop");
}

TEST_CASE("Redis killed under load and started again", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis_under_load(lab, "kill");
}

TEST_CASE("Redis hanging under load and resumed", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis_under_load(lab, "pause");
}

TEST_CASE("Remaining tickets are right soon after a sale, with Redis and without", "[redis]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100});
  const auto every_replica_says = [&](int remaining) {
    for (const auto& replica : lab.replica_urls()) {
      const answer said = send(replica, get("/api/v1/events/" + concert.event_id() + "/availability"));
      if (said.json().at("categories").at(0).at("remaining") != remaining) return false;
    }
    return true;
  };
  concert.rush(30, 10);
  REQUIRE(concert.settles());
  CHECK(eventually([&] { return every_replica_says(70); }));

  break_and_repair(lab, {.service = "redis",
                         .breaks_by = "stop",
                         .while_broken =
                             [&] {
                               concert.rush(30, 10);
                               REQUIRE(concert.settles());
                               CHECK(eventually([&] { return every_replica_says(40); }));
                             },
                         .is_back = [&] { return every_replica_says(40); }});
  CHECK(concert.breaches() == "");
}
