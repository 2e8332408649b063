#include "catalog/local_copies.hpp"
#include "catalog/in_flight_read.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using catalog::local_copies;
using origin = local_copies::origin;

namespace {

const local_copies::time_point start{1h};

// As of so many seconds; its revision says nothing.
catalog::snapshot_ptr read_at(std::int64_t seconds) {
  domain::event_snapshot event;
  event.id = "gig";
  event.as_of = domain::timestamp(std::chrono::seconds(seconds));
  event.revision = 100 - seconds;
  return std::make_shared<const domain::event_snapshot>(event);
}

}  // namespace

TEST_CASE("the database's own reading is newer than what was here before it began, whatever the clocks say",
          "[local_copies]") {
  local_copies copies(10, 100ms);
  copies.keep("gig", read_at(9), start, start + 2ms, origin::redis);
  CHECK(copies.keep("gig", read_at(1), start + 1ms, start + 3ms, origin::database)->as_of == read_at(9)->as_of);
  CHECK(copies.keep("gig", read_at(1), start + 2ms, start + 3ms, origin::database)->as_of == read_at(1)->as_of);
}

TEST_CASE("a copy is fresh for as long as the settings say", "[local_copies]") {
  local_copies copies(10, 100ms);
  CHECK_FALSE(copies.find("gig"));
  copies.keep("gig", read_at(1), start, start, origin::redis);
  REQUIRE(copies.find("gig"));
  CHECK(copies.is_fresh(*copies.find("gig"), start + 99ms));
  CHECK_FALSE(copies.is_fresh(*copies.find("gig"), start + 100ms));
}

TEST_CASE("an older reading never replaces a newer one, and an absence is a reading", "[local_copies]") {
  local_copies copies(10, 100ms);
  CHECK(copies.keep("gig", read_at(2), start, start, origin::redis)->as_of == read_at(2)->as_of);
  CHECK(copies.keep("gig", read_at(1), start, start, origin::redis)->as_of == read_at(2)->as_of);
  CHECK(copies.keep("gig", read_at(3), start, start, origin::redis)->as_of == read_at(3)->as_of);
  CHECK(copies.keep("gig", nullptr, start, start, origin::redis) == nullptr);
  REQUIRE(copies.find("gig"));
  CHECK(copies.keep("gig", read_at(1), start, start, origin::redis)->as_of == read_at(1)->as_of);
}

TEST_CASE("what could not be read again is known, and not fresh", "[local_copies]") {
  local_copies copies(10, 100ms);
  copies.mark_failed("gig");
  CHECK_FALSE(copies.find("gig"));
  copies.keep("gig", read_at(1), start, start, origin::redis);
  copies.mark_failed("gig");
  CHECK_FALSE(copies.is_fresh(*copies.find("gig"), start));
  CHECK(copies.find("gig")->event->as_of == read_at(1)->as_of);
  copies.keep("gig", read_at(1), start, start, origin::redis);
  CHECK(copies.is_fresh(*copies.find("gig"), start));
}

TEST_CASE("the copy that was longest not asked for makes room, and made-up ids before any event", "[local_copies]") {
  local_copies copies(3, 100ms);
  copies.keep("a", read_at(1), start, start, origin::redis);
  copies.keep("b", read_at(1), start, start, origin::redis);
  copies.keep("made-up-1", nullptr, start, start, origin::redis);
  copies.keep("made-up-2", nullptr, start, start, origin::redis);
  CHECK_FALSE(copies.find("made-up-1"));
  CHECK(copies.find("made-up-2"));
  copies.keep("c", read_at(1), start, start, origin::redis);
  CHECK_FALSE(copies.find("made-up-2"));
  REQUIRE(copies.find("a"));  // asked for: now b is the oldest
  copies.keep("d", read_at(1), start, start, origin::redis);
  CHECK_FALSE(copies.find("b"));
  CHECK(copies.find("a"));
  CHECK(copies.find("c"));
}

TEST_CASE("an id that becomes an event, or stops being one, stays one copy", "[local_copies]") {
  local_copies copies(2, 100ms);
  copies.keep("gig", nullptr, start, start, origin::redis);
  copies.keep("gig", read_at(1), start, start, origin::redis);
  copies.keep("made-up", nullptr, start, start, origin::redis);
  CHECK(copies.find("gig"));  // beside which there is room for one
  CHECK(copies.find("made-up"));
  copies.keep("other", read_at(1), start, start, origin::redis);
  CHECK(copies.find("gig"));
  CHECK_FALSE(copies.find("made-up"));
  copies.keep("gig", nullptr, start, start, origin::redis);
  copies.keep("third", read_at(1), start, start, origin::redis);
  CHECK_FALSE(copies.find("gig"));
}

TEST_CASE("that there is no event is no newer than a reading which began later", "[local_copies]") {
  local_copies copies(10, 100ms);
  copies.keep("gig", read_at(1), start + 2ms, start + 3ms, origin::redis);
  CHECK(copies.keep("gig", nullptr, start + 1ms, start + 4ms, origin::redis)->as_of == read_at(1)->as_of);
  CHECK(copies.keep("gig", nullptr, start + 5ms, start + 6ms, origin::redis) == nullptr);
  // And the other way round: what was read before the event was gone does not bring it back.
  CHECK(copies.keep("gig", read_at(1), start + 4ms, start + 7ms, origin::redis) == nullptr);
}

TEST_CASE("whoever asks while a reading is under way hears what it finds", "[in_flight_read]") {
  asio::io_context io;
  catalog::in_flight_read<int> read;
  std::vector<int> heard;
  const auto ask = [&]() -> awaitable<> {
    const auto answer = read.join();
    heard.push_back(co_await answer->wait());
  };
  CHECK(read.begin(start));
  CHECK_FALSE(read.begin(start));
  for (int i = 0; i < 3; ++i) async::spawn(io.get_executor(), "ask", ask());
  io.poll();
  CHECK(heard.empty());
  read.finish(7);
  io.restart();
  io.run();
  CHECK(heard == std::vector{7, 7, 7});
  CHECK(read.begin(start));
}
