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
  concert.rush(30, 10);
  REQUIRE(concert.settles());
  CHECK(eventually([&] { return concert.do_all_replicas_say(70); }));

  break_and_repair(lab, {.service = "redis",
                         .breaks_by = "stop",
                         .while_broken =
                             [&] {
                               concert.rush(30, 10);
                               REQUIRE(concert.settles());
                               CHECK(eventually([&] { return concert.do_all_replicas_say(40); }));
                             },
                         .is_back = [&] { return concert.do_all_replicas_say(40); }});
  CHECK(concert.breaches() == "");
}
