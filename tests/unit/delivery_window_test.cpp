// The worker's memory has a bound in bytes, although the broker only counts messages.
#include "messaging/delivery_window.hpp"

#include "support/catch2.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using ticketd::messaging::delivery_bounds;
using ticketd::messaging::delivery_window;

namespace {

constexpr std::size_t mega = 1'000'000;
constexpr delivery_bounds bounds{.messages_max = 400, .bytes_max = 32 * mega};

// What a worker and a broker do about a queue of these sizes, until it is empty: connections, and the most that was
// held.
struct drained_queue {
  std::size_t connections = 0;
  std::size_t deliveries_max = 0;  // of one message
  std::size_t bytes_held_max = 0;
};

// A batch is a message, as with large ones.
drained_queue drain(const std::vector<std::size_t>& sizes) {
  delivery_window window(bounds);
  drained_queue seen;
  std::vector<std::size_t> deliveries(sizes.size());
  for (std::size_t settled = 0; settled < sizes.size();) {
    ++seen.connections;
    const std::size_t prefetch = window.open();
    const std::size_t first = settled;
    std::size_t delivered = settled;
    std::size_t kept = settled;
    std::size_t held = 0;  // bytes
    do {
      for (; delivered < std::min(settled + prefetch, sizes.size()); ++delivered) {
        ++deliveries[delivered];
        if (window.admit(sizes[delivered])) held += sizes[kept++];
        seen.bytes_held_max = std::max(seen.bytes_held_max, held);
      }
      REQUIRE(kept > settled);  // each connection gets on
      held -= sizes[settled];
      window.release_up_to(++settled - first);
    } while (settled < kept || (settled < sizes.size() && !window.is_outgrown()));
  }
  seen.deliveries_max = *std::ranges::max_element(deliveries);
  return seen;
}

}  // namespace

TEST_CASE("messages of the usual size all have room, by one connection", "[messaging]") {
  const auto seen = drain(std::vector<std::size_t>(5000, 45'000));
  CHECK(seen.connections == 1);
  CHECK(seen.bytes_held_max == 400 * 45'000);
}

TEST_CASE("400 messages of 5,000 orders never take more than the bound", "[messaging]") {
  const auto seen = drain(std::vector<std::size_t>(400, 2'200'000));
  CHECK(seen.bytes_held_max <= bounds.bytes_max);
  CHECK(seen.connections == 2);  // the second one has the right prefetch
}

TEST_CASE("a single message that is larger than the bound is taken alone", "[messaging]") {
  delivery_window window(bounds);
  static_cast<void>(window.open());
  CHECK(window.admit(100));
  CHECK_FALSE(window.admit(128 * mega));
  CHECK(window.is_outgrown());
  CHECK_FALSE(window.admit(1));  // it must not overtake
  static_cast<void>(window.open());
  CHECK(window.is_empty());
  CHECK(window.admit(128 * mega));
}

TEST_CASE("sizes that go up and down cost few deliveries, and small messages get the whole prefetch back",
          "[messaging]") {
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 2000; ++i) sizes.push_back(i % 500 < 100 ? 2 * mega : 20'000);
  sizes.insert(sizes.end(), 1000, 20'000);
  const auto seen = drain(sizes);
  CHECK(seen.bytes_held_max <= bounds.bytes_max);
  CHECK(seen.deliveries_max <= 10);  // far from the queue's delivery limit

  delivery_window window(bounds);
  static_cast<void>(window.open());
  for (int i = 0; i < 100; ++i) static_cast<void>(window.admit(2 * mega));
  const auto narrow = window.open();
  CHECK(narrow < 20);
  for (std::uint64_t i = 1; !window.is_outgrown(); ++i) {
    REQUIRE(window.admit(20'000));
    window.release_up_to(i);
  }
  CHECK(window.open() >= 2 * narrow);
}
