// How long the queue for a charge is, with the counts of a test.
#include "ticketd/orders/payment_queue.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct counts {
  orders::payment_queue queue;
  orders::payment_queue::time_point now{1h};

  // In a second so many are reserved, and afterwards so many wait.
  void pass(std::size_t reserved, std::int64_t waiting) {
    now += 1s;
    queue.note_reserved(reserved);
    queue.note_waiting(waiting, now);
  }
};

}  // namespace

TEST_CASE("where nobody waits the wait is none, and before the first count it is not known", "[payment_queue]") {
  counts on;
  CHECK_FALSE(on.queue.expected_wait());
  on.pass(0, 0);
  CHECK(on.queue.expected_wait() == 0s);
  on.pass(1000, 0);
  CHECK(on.queue.expected_wait() == 0s);
}

TEST_CASE("the wait is those who wait by those who leave, once that is known for a while", "[payment_queue]") {
  counts on;
  on.pass(0, 0);
  std::int64_t waiting = 0;
  for (int second = 0; second < 9; ++second) {
    on.pass(500, waiting += 400);
    CHECK_FALSE(on.queue.expected_wait());
  }
  on.pass(500, waiting += 400);
  CHECK(on.queue.expected_wait() == 40s);
  for (int second = 0; second < 5; ++second) on.pass(0, waiting -= 100);
  CHECK(on.queue.expected_wait() == 35s);
  on.pass(0, 0);
  CHECK(on.queue.expected_wait() == 0s);
}

TEST_CASE("where nobody leaves any more the wait grows, up to its end", "[payment_queue]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 10; ++second) on.pass(200, 100);
  const auto before = on.queue.expected_wait();
  REQUIRE(before);
  for (int second = 0; second < 60; ++second) on.pass(0, 100);
  CHECK(on.queue.expected_wait() > *before * 100);
  for (int second = 0; second < 3600; ++second) on.pass(0, 100);
  CHECK(on.queue.expected_wait() == 24h);
}
