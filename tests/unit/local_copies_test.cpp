#include "catalog/local_copies.hpp"
#include "catalog/in_flight_read.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using catalog::local_copies;

namespace {

const local_copies::time_point start{1h};

catalog::snapshot_ptr revision(std::int64_t number) {
  domain::event_snapshot event;
  event.id = "gig";
  event.revision = number;
  return std::make_shared<const domain::event_snapshot>(event);
}

}  // namespace

TEST_CASE("a copy is fresh for as long as the settings say", "[local_copies]") {
  local_copies copies(10, 100ms);
  CHECK_FALSE(copies.find("gig"));
  copies.keep("gig", revision(1), start);
  REQUIRE(copies.find("gig"));
  CHECK(copies.is_fresh(*copies.find("gig"), start + 99ms));
  CHECK_FALSE(copies.is_fresh(*copies.find("gig"), start + 100ms));
}

TEST_CASE("an older reading never replaces a newer one, and an absence is a reading", "[local_copies]") {
  local_copies copies(10, 100ms);
  CHECK(copies.keep("gig", revision(2), start)->revision == 2);
  CHECK(copies.keep("gig", revision(1), start)->revision == 2);
  CHECK(copies.keep("gig", revision(3), start)->revision == 3);
  CHECK(copies.keep("gig", nullptr, start) == nullptr);
  REQUIRE(copies.find("gig"));
  CHECK(copies.keep("gig", revision(1), start)->revision == 1);
}

TEST_CASE("what could not be read again is known, and not fresh", "[local_copies]") {
  local_copies copies(10, 100ms);
  copies.mark_failed("gig");
  CHECK_FALSE(copies.find("gig"));
  copies.keep("gig", revision(1), start);
  copies.mark_failed("gig");
  CHECK_FALSE(copies.is_fresh(*copies.find("gig"), start));
  CHECK(copies.find("gig")->event->revision == 1);
  copies.keep("gig", revision(1), start);
  CHECK(copies.is_fresh(*copies.find("gig"), start));
}

TEST_CASE("the copy that was longest not asked for makes room, and made-up ids before any event", "[local_copies]") {
  local_copies copies(3, 100ms);
  copies.keep("a", revision(1), start);
  copies.keep("b", revision(1), start);
  copies.keep("made-up-1", nullptr, start);
  copies.keep("made-up-2", nullptr, start);
  CHECK(copies.size() == 3);
  CHECK_FALSE(copies.find("made-up-1"));
  CHECK(copies.find("made-up-2"));
  copies.keep("c", revision(1), start);
  CHECK_FALSE(copies.find("made-up-2"));
  REQUIRE(copies.find("a"));  // asked for: now b is the oldest
  copies.keep("d", revision(1), start);
  CHECK(copies.size() == 3);
  CHECK_FALSE(copies.find("b"));
  CHECK(copies.find("a"));
  CHECK(copies.find("c"));
}

TEST_CASE("an id that becomes an event, or stops being one, stays one copy", "[local_copies]") {
  local_copies copies(2, 100ms);
  copies.keep("gig", nullptr, start);
  copies.keep("gig", revision(1), start);
  copies.keep("made-up", nullptr, start);
  CHECK(copies.size() == 2);
  copies.keep("other", revision(1), start);
  CHECK(copies.find("gig"));
  CHECK_FALSE(copies.find("made-up"));
  copies.keep("gig", nullptr, start);
  copies.keep("third", revision(1), start);
  CHECK_FALSE(copies.find("gig"));
}

TEST_CASE("whoever asks while a reading is under way hears what it finds", "[in_flight_read]") {
  asio::io_context io;
  catalog::in_flight_read<int> read;
  std::vector<int> heard;
  const auto ask = [&]() -> awaitable<> {
    const auto answer = read.join();
    heard.push_back(co_await answer->wait());
  };
  CHECK(read.begin());
  CHECK_FALSE(read.begin());
  for (int i = 0; i < 3; ++i) asio::co_spawn(io, ask(), asio::detached);
  io.poll();
  CHECK(heard.empty());
  read.finish(7);
  io.restart();
  io.run();
  CHECK(heard == std::vector{7, 7, 7});
  CHECK(read.begin());
}
