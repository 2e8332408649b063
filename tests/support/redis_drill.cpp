#include "support/redis_drill.hpp"

#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/steady_load.hpp"

namespace ticketd::test {
namespace {

// Under load most readings are the replica's own copy; what counts is what they say of Redis.
bool says_redis_is_down(const sale& concert) {
  return concert.availability().header("Cache-Status").find("detail=redis-down") != std::string::npos;
}

bool is_plain_hit(const sale& concert) { return concert.availability().header("Cache-Status") == "ticketd; hit"; }

}  // namespace

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

}  // namespace ticketd::test
