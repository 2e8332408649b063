// What a replica knows of all events together, and for how long it counts.
#include "catalog/known_events.hpp"
#include "support/catch2.hpp"

#include <memory>
#include <string>

using namespace ticketd;
using namespace std::chrono_literals;
using catalog::known_events;

namespace {

const known_events::time_point start{1h};

known_events::event_list list_of(const std::string& id) {
  domain::event_snapshot event;
  event.id = id;
  return {std::make_shared<const domain::event_snapshot>(event)};
}

}  // namespace

TEST_CASE("a list of events answers for as long as it is fresh", "[known_events]") {
  known_events known(100ms);
  CHECK_FALSE(known.is_list_good(start));
  CHECK_FALSE(known.is_complete());
  known.keep(list_of("gig"), start - 10ms, start);
  CHECK(known.is_complete());
  CHECK(known.list().front()->id == "gig");
  CHECK(known.is_list_good(start + 100ms - 1ns));
  CHECK_FALSE(known.is_list_good(start + 100ms));
}

TEST_CASE("a list that cannot be read again answers until it can", "[known_events]") {
  known_events known(100ms);
  known.mark_failed();
  CHECK_FALSE(known.is_list_good(start));  // there is none
  known.keep(list_of("gig"), start, start);
  known.mark_failed();
  CHECK(known.is_list_good(start + 1h));
  known.keep(list_of("gig"), start, start);
  CHECK_FALSE(known.is_list_good(start + 1h));
}

TEST_CASE("an empty list is asked for again", "[known_events]") {
  known_events known(100ms);
  known.keep({}, start, start);
  CHECK_FALSE(known.is_list_good(start));
  CHECK(known.is_complete());
}

TEST_CASE("ids are as old as the beginning of their reading", "[known_events]") {
  known_events known(100ms);
  CHECK_FALSE(known.has_fresh_ids(start));
  known.keep(list_of("gig"), start, start + 50ms);
  CHECK(known.has_fresh_ids(start + 100ms - 1ns));
  CHECK_FALSE(known.has_fresh_ids(start + 100ms));
  known.keep_ids({"other"}, start + 1s);
  CHECK(known.has_fresh_ids(start + 1s));
  CHECK(known.contains("other"));
  CHECK_FALSE(known.contains("gig"));  // it is gone
  CHECK(known.list().front()->id == "gig");
}

TEST_CASE("an event that was written here is known at once, and makes the list old", "[known_events]") {
  known_events known(100ms);
  known.keep(list_of("gig"), start, start);
  known.add("new");
  CHECK(known.contains("new"));
  CHECK(known.contains("gig"));
  CHECK_FALSE(known.is_list_good(start));
  CHECK(known.has_fresh_ids(start));
}
