// How long the wait for a first charge is, with the counts of a test.
#include "ticketd/orders/payment_wait_estimator.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct counts {
  orders::payment_wait_estimator estimator;
  orders::payment_wait_estimator::time_point now{1h};

  // In a second so many are reserved, and afterwards so many wait, of whom the wait of some is over in the next.
  void pass(std::size_t reserved, std::int64_t waiting, std::int64_t soon_over = 0) {
    now += 1s;
    estimator.note_reserved(reserved);
    estimator.note_waiting({waiting, soon_over}, now);
  }
};

}  // namespace

TEST_CASE("where nobody waits the wait is none, and before the first count it is not known",
          "[payment_wait_estimator]") {
  counts on;
  CHECK_FALSE(on.estimator.expected_wait());
  on.pass(0, 0);
  CHECK(on.estimator.expected_wait() == 0s);
  on.pass(1000, 0);
  CHECK(on.estimator.expected_wait() == 0s);
}

TEST_CASE("the wait is those who wait by those who leave, once that is known for a while", "[payment_wait_estimator]") {
  counts on;
  on.pass(0, 0);
  std::int64_t waiting = 0;
  for (int second = 0; second < 9; ++second) {
    on.pass(500, waiting += 400);
    CHECK_FALSE(on.estimator.expected_wait());
  }
  on.pass(500, waiting += 400);
  CHECK(on.estimator.expected_wait() == 40s);
  for (int second = 0; second < 5; ++second) on.pass(0, waiting -= 100);
  CHECK(on.estimator.expected_wait() == 35s);
  on.pass(0, 0);
  CHECK(on.estimator.expected_wait() == 0s);
}

TEST_CASE("where nobody leaves any more the wait grows, up to its end", "[payment_wait_estimator]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 10; ++second) on.pass(200, 100);
  const auto before = on.estimator.expected_wait();
  REQUIRE(before);
  for (int second = 0; second < 60; ++second) on.pass(0, 100);
  CHECK(on.estimator.expected_wait() > *before * 100);
  for (int second = 0; second < 3600; ++second) on.pass(0, 100);
  CHECK(on.estimator.expected_wait() == 24h);
}

TEST_CASE("who left because the wait was over was not charged", "[payment_wait_estimator]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 20; ++second) on.pass(100, 1000, 90);  // 90 of the 100 who leave expire
  for (int second = 0; second < 60; ++second) on.pass(100, 1000, 90);
  CHECK(on.estimator.expected_wait() == 100s);
}

TEST_CASE("a rate that was seen is known a while longer, and forgotten when it is old", "[payment_wait_estimator]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 20; ++second) on.pass(100, 1000);
  on.pass(0, 0);
  on.pass(500, 500);
  CHECK(on.estimator.expected_wait());
  for (int second = 0; second < 70; ++second) on.pass(0, 0);
  on.pass(500, 500);
  CHECK_FALSE(on.estimator.expected_wait());
}
