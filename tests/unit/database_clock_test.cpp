// The database's time on this host's steady clock.
#include "ticketd/persistence/database_clock.hpp"
#include "fakes/fake_database.hpp"
#include "support/catch2.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

using namespace ticketd;
using namespace std::chrono_literals;
using persistence::database_clock;

namespace {

const auto steady = database_clock::time_point(1000h);
const auto there = *domain::parse_rfc3339("2027-06-01T18:00:00Z");

}  // namespace

TEST_CASE("the database's clock is this host's until it is heard, and goes on without it", "[database_clock]") {
  database_clock clock;
  CHECK(std::chrono::abs(clock.now() - domain::now()) < 1s);
  clock.observe(there, steady, steady + 2ms);
  CHECK(clock.at(steady + 1ms) == there);
  CHECK(clock.at(steady + 1ms + 5h) == there + 5h);
}

TEST_CASE("what is heard of the clock in a shorter time is nearer to it", "[database_clock]") {
  database_clock clock;
  clock.observe(there, steady, steady + 2ms);
  SECTION("a slow answer says less") {
    clock.observe(there + 1s + 30ms, steady + 1s, steady + 1s + 100ms);
    CHECK(clock.at(steady + 1ms) == there);
  }
  SECTION("a quicker one says more") {
    clock.observe(there + 1s + 500us, steady + 1s, steady + 1s + 1ms);
    CHECK(clock.at(steady + 1s + 500us) == there + 1s + 500us);
  }
  SECTION("and so does a slow one after a while, as clocks drift") {
    clock.observe(there + 200s + 30ms, steady + 200s, steady + 200s + 100ms);
    CHECK(clock.at(steady + 200s + 50ms) == there + 200s + 30ms);
  }
  SECTION("one that contradicts is of a clock that was set, or of another database") {
    clock.observe(there - 10s, steady + 1s, steady + 1s + 100ms);
    CHECK(clock.at(steady + 1s + 50ms) == there - 10s);
  }
}

TEST_CASE("the clock is asked for until it answers, and then now and then", "[database_clock]") {
  asio::io_context io;
  test::fake_database database;
  database_clock clock;
  database.on_acquire.then(test::database_errc::unreachable, 2);
  database.time = there;
  async::spawn(io.get_executor(), "clock", clock.follow(database));
  const auto end = deadline_in(20s);
  while (clock.now() > there + 1h && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  CHECK(clock.now() - there < 10s);
}
