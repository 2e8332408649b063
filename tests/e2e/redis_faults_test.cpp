// Redis is only ever an optimisation: stopped, started, hanging, it costs no buyer an error.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/steady_load.hpp"

using namespace ticketd;
using namespace ticketd::test;

namespace {

// Under load most readings are the replica's own copy; what counts is what they say of Redis.
bool says_redis_is_down(const sale& concert) {
  return concert.availability().header("Cache-Status").find("detail=redis-down") != std::string::npos;
}

bool is_plain_hit(const sale& concert) { return concert.availability().header("Cache-Status") == "ticketd; hit"; }

void break_redis(const laboratory& lab, const std::string& fault, const std::string& repair) {
  sale concert(lab, {.capacity = 100000});
  steady_load load(lab, concert);
  REQUIRE(load.goes_on());
  CHECK(eventually([&] { return is_plain_hit(concert); }));

  lab.must({fault, "redis"});
  CHECK(eventually([&] { return says_redis_is_down(concert); }));
  CHECK(load.goes_on());

  lab.must({repair, "redis"});
  for (int i = 0; i < 3; ++i) CHECK(eventually([&] { return is_plain_hit(concert); }));
  CHECK(load.goes_on());
  load.stop();
  CHECK(load.errors() == "");
  CHECK(count_of(load.purchases(), 202) == static_cast<std::ptrdiff_t>(load.purchases().size()));
  CHECK(concert.breaches() == "");
}

}  // namespace

TEST_CASE("Redis stopped under load and started again", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis(lab, "stop", "start");
}

TEST_CASE("Redis killed under load and started again", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis(lab, "kill", "start");
}

TEST_CASE("Redis hanging under load and resumed", "[redis]") {
  const laboratory lab;
  lab.up();
  break_redis(lab, "pause", "resume");
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

  lab.stop("redis");
  concert.rush(30, 10);
  REQUIRE(concert.settles());
  CHECK(eventually([&] { return every_replica_says(40); }));
  lab.start("redis");
  CHECK(eventually([&] { return every_replica_says(40); }));
  CHECK(concert.breaches() == "");
}
