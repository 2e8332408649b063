#include "messaging/order_batcher.hpp"

#include "support/catch2.hpp"

#include <chrono>

using ticketd::messaging::batcher_settings;
using ticketd::messaging::order_batcher;
using namespace std::chrono_literals;

namespace {

constexpr order_batcher::time_point start{1h};

// Orders arrive at an even rate and each due batch is sent, its confirm coming `confirm` later. Mean orders a batch, of
// the second half of the run.
double mean_batch(batcher_settings settings, std::chrono::microseconds gap, std::chrono::microseconds confirm) {
  order_batcher batcher(settings);
  auto confirmed_at = start;
  int batches = 0;
  int orders = 0;
  const auto end = start + 2s;
  auto arrival = start;
  for (auto now = start; now < end; now += 10us) {
    if (now >= arrival) {
      batcher.add(now);
      arrival += gap;
      if (now > start + 1s) ++orders;
    }
    if (!batcher.is_due(now, now < confirmed_at)) continue;
    batcher.close();
    confirmed_at = now + confirm;
    if (now > start + 1s) ++batches;
  }
  return static_cast<double>(orders) / batches;
}

}  // namespace

TEST_CASE("with nobody else there an order waits for nobody", "[messaging]") {
  order_batcher batcher({});
  CHECK_FALSE(batcher.is_due(start, false));
  batcher.add(start);
  CHECK(batcher.is_due(start, false));
  CHECK(mean_batch({}, 20ms, 1ms) == 1.0);
}

TEST_CASE("an order waits for the confirm before it, and no longer than wait_max", "[messaging]") {
  order_batcher batcher({});
  batcher.add(start);
  CHECK_FALSE(batcher.is_due(start + 7999us, true));
  CHECK(batcher.is_due(start + 2ms, false));
  CHECK(batcher.is_due(start + 8ms, true));
  CHECK(batcher.due_at(start, true) == start + 8ms);
}

TEST_CASE("the wait grows with the arrival rate", "[messaging]") {
  const auto slow = mean_batch({}, 2ms, 500us);
  const auto busy = mean_batch({}, 500us, 500us);
  const auto full = mean_batch({}, 160us, 500us);
  CHECK(slow < 2);
  CHECK(busy > 4);
  CHECK(busy < 8);
  CHECK(full > 40);
  CHECK(full < 55);  // 8 ms at 6,250 a second
}

TEST_CASE("where everybody who would come waits already, nobody is waited for", "[messaging]") {
  order_batcher batcher({});
  auto now = start;
  for (int i = 1; i <= 2000; ++i) {  // a rush, in batches of 40
    batcher.add(now += 100us);
    if (i % 40 == 0) batcher.close();
  }
  for (int i = 0; i < 10; ++i) batcher.add(now += 100us);
  CHECK_FALSE(batcher.is_due(now + 900us, false));
  CHECK(batcher.is_due(now + 1ms, false));
  // A message that is under way is waited for, and when it is there they have waited long enough.
  CHECK_FALSE(batcher.is_due(now + 1ms, true));
  CHECK(batcher.due_at(now + 900us, false) == now + 1ms);
}

TEST_CASE("a full batch goes at once, whatever is unconfirmed", "[messaging]") {
  order_batcher batcher({.batch_max = 3});
  batcher.add(start);
  batcher.add(start);
  CHECK_FALSE(batcher.is_due(start, true));
  batcher.add(start);
  CHECK(batcher.is_due(start, true));
  batcher.close();
  CHECK_FALSE(batcher.is_due(start + 1s, false));
}

TEST_CASE("a batch of one switches coalescing off", "[messaging]") {
  CHECK(mean_batch({.batch_max = 1}, 50us, 1ms) == 1.0);
}

TEST_CASE("no wait at all is kept, too", "[messaging]") { CHECK(mean_batch({.wait_max = 0us}, 50us, 1ms) == 1.0); }

TEST_CASE("the measured rate follows arrivals and forgets them", "[messaging]") {
  order_batcher batcher({});
  auto now = start;
  for (int i = 0; i < 1000; ++i) batcher.add(now += 1ms);
  // At 1,000 a second an order waits a sixth of the 8 ms that it would at 6,000.
  batcher.close();
  batcher.add(now);
  CHECK(batcher.due_at(now, false) - now > 1200us);
  CHECK(batcher.due_at(now, false) - now < 1500us);
  // A second later nobody is expected.
  batcher.close();
  batcher.add(now + 1s);
  CHECK(batcher.is_due(now + 1s, false));
}
