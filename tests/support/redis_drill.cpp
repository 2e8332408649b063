#include "support/redis_drill.hpp"

#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"

namespace ticketd::test {
namespace {

// Under load most readings are the replica's own copy; what counts is what they say of Redis.
bool says_redis_is_down(const sale& concert) {
  return concert.availability().header("Cache-Status").find("detail=redis-down") != std::string::npos;
}

bool is_plain_hit(const sale& concert) { return concert.availability().header("Cache-Status") == "ticketd; hit"; }

}  // namespace

void break_redis_under_load(const laboratory& lab, const std::string& breaks_by) {
  sale concert(lab, {.capacity = 100000});
  CHECK(eventually([&] { return is_plain_hit(concert); }));
  int hits = 0;
  break_under_load(lab, concert,
                   {{.service = "redis",
                     .breaks_by = breaks_by,
                     .while_broken = [&] { CHECK(eventually([&] { return says_redis_is_down(concert); })); },
                     // Each of three replicas is likely to have been asked.
                     .is_back = [&] { return (hits += is_plain_hit(concert) ? 1 : 0) >= 3; }}});
}

}  // namespace ticketd::test
