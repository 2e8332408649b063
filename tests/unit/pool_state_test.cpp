#include "persistence/pool_state.hpp"
#include "support/catch2.hpp"

using state = ticketd::persistence::pool_state<int, char>;
using admission = state::admission;

namespace {

// One connection, numbered as given, and idle.
void open(state& pool, int connection) {
  pool.opening();
  REQUIRE_FALSE(pool.opened(connection));
}

}  // namespace

TEST_CASE("pool_state opens as many connections as callers wait, up to the bound", "[pool_state]") {
  state pool(2, 10);
  REQUIRE_FALSE(pool.wants_another());
  for (const char waiter : {'a', 'b', 'c'}) {
    REQUIRE(pool.admit() == admission::may_wait);
    pool.join(waiter);
  }
  for (int i = 0; i < 2; ++i) {
    REQUIRE(pool.wants_another());
    pool.opening();
  }
  REQUIRE_FALSE(pool.wants_another());
}

TEST_CASE("pool_state serves waiters first come, first served", "[pool_state]") {
  state pool(1, 10);
  open(pool, 1);
  REQUIRE(pool.take_idle() == 1);
  REQUIRE_FALSE(pool.take_idle());
  pool.join('a');
  pool.join('b');
  pool.join('c');
  pool.leave('b');
  auto granted = pool.given_back(1);
  REQUIRE(granted);
  REQUIRE(granted->to == 'a');
  REQUIRE_FALSE(pool.take_idle());
  granted = pool.given_back(1);
  REQUIRE(granted);
  REQUIRE(granted->to == 'c');
  REQUIRE_FALSE(pool.given_back(1));
  REQUIRE(pool.busy() == 0);
  REQUIRE(pool.take_idle() == 1);
}

TEST_CASE("pool_state bounds its queue", "[pool_state]") {
  state pool(1, 1);
  pool.join('a');
  REQUIRE(pool.admit() == admission::too_many_waiters);
}

TEST_CASE("pool_state refuses at once while the server is down, and one tries", "[pool_state]") {
  state pool(3, 10);
  pool.join('a');
  pool.join('b');
  pool.opening();
  pool.opening();
  REQUIRE(pool.failed_to_open().size() == 2);
  REQUIRE(pool.waiting() == 0);
  REQUIRE(pool.admit() == admission::unreachable);
  REQUIRE_FALSE(pool.wants_another());  // the second is still at it
  REQUIRE(pool.failed_to_open().empty());
  REQUIRE(pool.wants_another());  // though nobody waits
  pool.opening();
  REQUIRE_FALSE(pool.wants_another());
  REQUIRE_FALSE(pool.is_reachable());
  REQUIRE_FALSE(pool.opened(7));
  REQUIRE(pool.is_reachable());
  REQUIRE(pool.admit() == admission::may_wait);
}

TEST_CASE("pool_state lets callers wait for a busy connection while no new one can be opened", "[pool_state]") {
  state pool(2, 10);
  open(pool, 1);
  REQUIRE(pool.take_idle() == 1);
  pool.join('a');
  pool.opening();
  REQUIRE(pool.failed_to_open().empty());
  REQUIRE(pool.admit() == admission::may_wait);
  const auto granted = pool.given_back(1);
  REQUIRE(granted);
  REQUIRE(granted->to == 'a');
}

TEST_CASE("pool_state replaces what broke", "[pool_state]") {
  state pool(2, 10);
  open(pool, 1);
  open(pool, 2);

  SECTION("in use: callers wait for what the next attempt tells") {
    REQUIRE(pool.take_idle() == 2);
    pool.discarded(true);
    REQUIRE_FALSE(pool.is_reachable());
    REQUIRE(pool.admit() == admission::may_wait);
    REQUIRE(pool.wants_another());
  }
  SECTION("closed by us: nothing is wrong with the server") {
    REQUIRE(pool.take_idle() == 2);
    pool.discarded(false);
    REQUIRE(pool.is_reachable());
    REQUIRE_FALSE(pool.wants_another());
  }
  SECTION("idle") {
    pool.sweep([](int connection) { return connection == 1; });
    REQUIRE(pool.open() == 1);
    REQUIRE_FALSE(pool.is_reachable());
    REQUIRE(pool.wants_another());
  }
}

TEST_CASE("pool_state goes on with what it has while the server has no room for more", "[pool_state]") {
  state pool(3, 10);
  open(pool, 1);
  REQUIRE(pool.take_idle() == 1);
  pool.join('a');
  pool.opening();
  REQUIRE(pool.found_no_room().empty());
  CHECK(pool.is_reachable());
  CHECK(pool.admit() == admission::may_wait);
  REQUIRE(pool.wants_another());
  pool.opening();  // the one that pauses
  CHECK_FALSE(pool.wants_another());

  SECTION("who waits is served by what comes back, and nobody asks in vain") {
    REQUIRE(pool.given_back(1));
    CHECK_FALSE(pool.tries_again());
    CHECK_FALSE(pool.wants_another());
    pool.join('b');
    CHECK(pool.wants_another());
  }
  SECTION("while somebody waits it is tried again, until there is room") {
    REQUIRE(pool.tries_again());
    REQUIRE(pool.opened(2));
    pool.join('b');
    pool.join('c');
    CHECK(pool.wants_another());
  }
}

TEST_CASE("pool_state without any connection takes a server without room for one that is down", "[pool_state]") {
  state pool(3, 10);
  pool.join('a');
  pool.opening();
  REQUIRE(pool.found_no_room().size() == 1);
  CHECK_FALSE(pool.is_reachable());
  CHECK(pool.admit() == admission::unreachable);
  REQUIRE(pool.wants_another());
  pool.opening();
  CHECK(pool.tries_again());
}
