// A session for one piece of work: what it answers, and that the session goes back.
#include "ticketd/persistence/with_session.hpp"
#include "fakes/fake_database.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using persistence::database_errc;

namespace {

struct fixture {
  asio::io_context io;
  test::fake_database database;
  int out_at_work = 0;

  result<std::vector<std::string>> ask() {
    const deadline until = deadline_in(5s);
    return test::run_coroutine(io, persistence::with_session(database, until, [this, until](persistence::session& on) {
                                 out_at_work = database.sessions_out;
                                 return on.events().ids(until);
                               }));
  }
};

}  // namespace

TEST_CASE("a session is out while the work is done, and back after it", "[with_session]") {
  fixture on;
  on.database.events.event.emplace().id = "concert";
  CHECK(on.ask().value() == std::vector<std::string>{"concert"});
  CHECK(on.out_at_work == 1);
  CHECK(on.database.sessions_out == 0);
}

TEST_CASE("a session goes back where the work has failed, whose error is the answer", "[with_session]") {
  fixture on;
  on.database.events.on_ids.then(database_errc::statement_timeout);
  CHECK(on.ask().error() == database_errc::statement_timeout);
  CHECK(on.out_at_work == 1);
  CHECK(on.database.sessions_out == 0);
}

TEST_CASE("without a session no work is done", "[with_session]") {
  fixture on;
  on.database.on_acquire.then(database_errc::pool_wait_timeout);
  CHECK(on.ask().error() == database_errc::pool_wait_timeout);
  CHECK(on.out_at_work == 0);
}
