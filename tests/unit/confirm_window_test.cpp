#include "messaging/confirm_window.hpp"

#include "support/catch2.hpp"

#include <vector>

using ticketd::messaging::confirm_window;
using ticketd::messaging::delivery_outcome;
using ticketd::messaging::settled_message;

namespace {

constexpr auto taken = delivery_outcome::taken;
constexpr auto not_taken = delivery_outcome::not_taken;
constexpr auto refused = delivery_outcome::refused;
constexpr auto unknown = delivery_outcome::unknown;

// Messages 101, 102 ... as delivery tags 1, 2 ...
confirm_window window_of(std::uint64_t messages) {
  confirm_window window;
  for (std::uint64_t i = 1; i <= messages; ++i) window.add(100 + i);
  return window;
}

using settled = std::vector<settled_message>;

}  // namespace

TEST_CASE("confirms settle single messages in any order", "[messaging]") {
  auto window = window_of(3);
  CHECK(window.acknowledge(2, false) == settled{{102, taken}});
  CHECK(window.reject(3, false) == settled{{103, refused}});
  CHECK(window.acknowledge(1, false) == settled{{101, taken}});
  CHECK(window.lose_connection().empty());
}

TEST_CASE("a confirm of many settles everything up to its tag that is still open", "[messaging]") {
  auto window = window_of(4);
  CHECK(window.acknowledge(2, false).size() == 1);
  CHECK(window.acknowledge(3, true) == settled{{101, taken}, {103, taken}});
  CHECK(window.reject(4, true) == settled{{104, refused}});
}

TEST_CASE("tag 0 with multiple is all that is outstanding", "[messaging]") {
  auto window = window_of(2);
  CHECK(window.acknowledge(0, true) == settled{{101, taken}, {102, taken}});
}

TEST_CASE("a tag that is not in flight settles nothing, however often it comes", "[messaging]") {
  auto window = window_of(2);
  CHECK(window.acknowledge(1, false).size() == 1);
  CHECK(window.acknowledge(1, false).empty());
  CHECK(window.acknowledge(0, false).empty());
  CHECK(window.reject(1, true).empty());
  CHECK(window.acknowledge(7, false).empty());
  CHECK(window.acknowledge(7, true) == settled{{102, taken}});  // all that was sent, not what will be
  window.add(103);
  CHECK(window.acknowledge(3, false) == settled{{103, taken}});
}

TEST_CASE("a returned message is not taken, though it is acknowledged", "[messaging]") {
  auto window = window_of(3);
  window.mark_returned(102);
  window.mark_returned(999);
  CHECK(window.acknowledge(3, true) == settled{{101, taken}, {102, not_taken}, {103, taken}});
}

TEST_CASE("a lost connection leaves every open message unknown, and tags begin anew", "[messaging]") {
  auto window = window_of(4);
  window.mark_returned(103);
  CHECK(window.acknowledge(2, false).size() == 1);
  CHECK(window.lose_connection() == settled{{101, unknown}, {103, not_taken}, {104, unknown}});
  CHECK(window.lose_connection().empty());
  window.add(105);
  CHECK(window.acknowledge(1, false) == settled{{105, taken}});
}
