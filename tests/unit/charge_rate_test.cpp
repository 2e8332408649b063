#include "ticketd/orders/charge_rate.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;
using orders::charge_rate;

namespace {

const charge_rate::time_point start{1h};

// Takes whatever there is, looking every so often, for so long.
std::size_t taken_in(charge_rate& rate, std::chrono::milliseconds span, std::chrono::milliseconds every) {
  std::size_t taken = 0;
  for (auto now = start; now < start + span; now += every) {
    const auto some = rate.available(now);
    rate.take(some);
    taken += some;
  }
  return taken;
}

}  // namespace

TEST_CASE("so many may begin a second, and a tenth of that at once", "[charge_rate]") {
  charge_rate rate(1000);
  CHECK(rate.available(start) == 100);
  const auto taken = taken_in(rate, 10s, 7ms);
  CHECK(taken <= 10'100);
  CHECK(taken >= 9'950);
  charge_rate slow(2);
  CHECK(taken_in(slow, 10s, 10ms) == 20);
}

TEST_CASE("a few are not given out one by one, and it is known when they come", "[charge_rate]") {
  charge_rate rate(1000);
  CHECK(rate.next(start) == start);
  rate.take(rate.available(start));
  CHECK(rate.available(start) == 0);
  CHECK(rate.available(start + 49ms) == 0);
  CHECK(rate.next(start + 49ms) == start + 50ms);
  CHECK(rate.available(start + 50ms) == 50);
  CHECK(rate.available(start + 10s) == 100);
  rate.take(60);  // a claim may find fewer
  CHECK(rate.available(start + 10s) == 0);
}

TEST_CASE("without a rate there is no bound", "[charge_rate]") {
  charge_rate rate(0);
  rate.take(1'000'000);
  CHECK(rate.available(start) > 1'000'000);
  CHECK(rate.next(start) == start);
}
