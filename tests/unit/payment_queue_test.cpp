// How long the queue for a charge is, with the counts of a test.
#include "ticketd/orders/payment_queue.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

struct counts {
  orders::payment_queue queue;
  orders::payment_queue::time_point now{1h};

  // In a second so many are reserved, and afterwards so many wait, of whom the wait of some is over in the next.
  void pass(std::size_t reserved, std::int64_t waiting, std::int64_t soon_over = 0) {
    now += 1s;
    queue.note_reserved(reserved);
    queue.note_waiting({waiting, soon_over}, now);
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

TEST_CASE("who left because the wait was over was not charged", "[payment_queue]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 20; ++second) on.pass(100, 1000, 90);  // 90 of the 100 who leave expire
  for (int second = 0; second < 60; ++second) on.pass(100, 1000, 90);
  CHECK(on.queue.expected_wait() == 100s);
}

TEST_CASE("a rate that was seen is known a while longer, and forgotten when it is old", "[payment_queue]") {
  counts on;
  on.pass(0, 0);
  for (int second = 0; second < 20; ++second) on.pass(100, 1000);
  on.pass(0, 0);
  on.pass(500, 500);
  CHECK(on.queue.expected_wait());
  for (int second = 0; second < 70; ++second) on.pass(0, 0);
  on.pass(500, 500);
  CHECK_FALSE(on.queue.expected_wait());
}
