// How events are read, in process: the replica's own copy, Redis, the database, and each of them failing.
#include "ticketd/catalog/event_reader.hpp"
#include "catalog/snapshot_codec.hpp"
#include "fakes/fake_cache.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/catalog/define_event.hpp"

#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using catalog::read_source;
using test::database_errc;

namespace {

// Read now.
domain::event_snapshot gig(std::int64_t revision) {
  auto event = test::gig(domain::now());
  event.revision = revision;
  return event;
}

struct fixture : test::in_process {
  test::fake_cache cache;
  catalog::reader_settings settings{.reading = 1s};

  fixture() { database.events.event = gig(1); }

  catalog::event_reader reader(cache::versioned_cache* with) {
    return catalog::event_reader(io.get_executor(), database, with, clock, settings, metrics);
  }
  catalog::event_reader reader() { return reader(&cache); }

  result<catalog::event_reading> read(catalog::event_reader& from, const std::string& id = "gig") {
    io.restart();
    return test::run_coroutine(io, from.read(id, deadline_in(10s)));
  }
  result<catalog::event_reader::event_list> list(catalog::event_reader& from) {
    io.restart();
    return test::run_coroutine(io, from.list(deadline_in(2s)));
  }
};

}  // namespace

TEST_CASE("a reading comes from the nearest copy that is fresh", "[event_reader]") {
  fixture on;
  auto reader = on.reader();
  CHECK(on.read(reader)->source == read_source::database);
  CHECK(on.read(reader)->source == read_source::copy);
  CHECK(on.database.events.reads == 1);

  auto other_replica = on.reader();
  const auto shared = on.read(other_replica);
  CHECK(shared->source == read_source::redis);
  CHECK(shared->event->revision == 1);
  CHECK(on.database.events.reads == 1);
}

TEST_CASE("a copy answers for as long as the settings say, by the clock that the reader is handed", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 1h;
  auto reader = on.reader();
  CHECK(on.read(reader)->source == read_source::database);
  CHECK(on.list(reader)->size() == 1);
  const auto reads = on.database.events.reads;
  on.clock.passed = 59min;
  CHECK(on.read(reader)->source == read_source::copy);
  on.clock.passed = 1h;
  CHECK(on.read(reader)->source == read_source::redis);
  CHECK(on.database.events.reads == reads);
}

TEST_CASE("a copy that is over its time is read again, and one in Redis too", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 0ms;
  on.clock.at += 1h;
  auto reader = on.reader();
  CHECK(on.read(reader)->source == read_source::database);
  CHECK(on.read(reader)->source == read_source::database);
  CHECK(on.database.events.reads == 2);
}

TEST_CASE("a value in Redis counts up to its age, to the microsecond", "[event_reader]") {
  fixture on;
  on.cache.values[catalog::cache_key("gig")] = {1, catalog::encode_snapshot(*on.database.events.event)};
  on.clock.at = on.database.events.event->as_of + on.settings.fresh_for - 1us;
  auto just_fresh = on.reader();
  CHECK(on.read(just_fresh)->source == read_source::redis);
  on.clock.at += 1us;
  auto too_old = on.reader();
  CHECK(on.read(too_old)->source == read_source::database);
}

TEST_CASE("without Redis the database is asked, and the copies go on", "[event_reader]") {
  fixture on;
  on.cache.is_down = true;
  auto reader = on.reader();
  CHECK(on.read(reader)->source == read_source::bypass);
  CHECK(on.read(reader)->source == read_source::copy);
  CHECK_FALSE(reader.is_cache_up());
  auto monolith = on.reader(nullptr);
  CHECK(on.read(monolith)->source == read_source::bypass);
  CHECK(on.read(monolith)->source == read_source::bypass);
  CHECK_FALSE(monolith.has_cache());
}

TEST_CASE("without the database what is known is served, and says so", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 0ms;
  on.clock.at += 1h;
  auto reader = on.reader();
  on.database.on_acquire.then(database_errc::unreachable, 2);    // the ids cannot be listed either
  CHECK(on.read(reader).error() == database_errc::unreachable);  // nothing is known yet
  CHECK(on.read(reader)->source == read_source::database);
  on.database.on_acquire.then(database_errc::unreachable, 3);
  CHECK(on.read(reader)->source == read_source::stale_copy);
  CHECK(on.read(reader)->source == read_source::stale_copy);  // at once: the database is tried behind it
  on.io.restart();
  on.io.run();
  CHECK(on.read(reader)->source == read_source::stale_copy);
  on.io.restart();
  on.io.run();
  CHECK(on.read(reader)->event->revision == 1);
}

TEST_CASE("a replica that starts without the database sells from what others left in Redis", "[event_reader]") {
  fixture on;
  auto old = gig(5);
  old.as_of -= 1h;
  on.cache.values[catalog::cache_key("gig")] = {5, catalog::encode_snapshot(old)};
  on.database.on_acquire.then(database_errc::unreachable, 2);
  auto reader = on.reader();
  const auto found = on.read(reader);
  CHECK(found->source == read_source::stale_copy);
  CHECK(found->event->revision == 5);
}

TEST_CASE("what another program left in Redis is no reading", "[event_reader]") {
  for (const auto* value : {"", "not JSON", "[]", R"({"id":"gig"})", R"({"id":7})"}) {
    fixture on;
    on.cache.values[catalog::cache_key("gig")] = {1, value};
    auto reader = on.reader();
    CHECK(on.read(reader)->source == read_source::database);
  }
}

TEST_CASE("a database that was restored is believed, though its revision is lower", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 0ms;
  on.clock.at += 1h;  // what is in Redis is too old to be served
  on.database.events.event = gig(7);
  auto reader = on.reader();
  CHECK(on.read(reader)->event->revision == 7);
  on.database.events.event = gig(3);
  on.database.events.event->categories[0].remaining = 9;
  CHECK(on.read(reader)->event->revision == 3);
  CHECK(catalog::decode_snapshot(on.cache.values.at(catalog::cache_key("gig")).value)->revision == 3);
  CHECK(on.read(reader)->event->categories[0].remaining == 9);
}

TEST_CASE("a value in Redis that is of a time to come is no reading", "[event_reader]") {
  fixture on;
  auto hostile = gig(1);
  hostile.as_of = on.clock.at + 2s;
  hostile.categories[0].price = {1, "TRY"};
  on.cache.values[catalog::cache_key("gig")] = {1, catalog::encode_snapshot(hostile)};
  auto reader = on.reader();
  const auto found = on.read(reader);
  CHECK(found->source == read_source::database);
  CHECK(found->event->categories[0].price.amount == 1000);
}

TEST_CASE("ids that nobody gave out cost no question each", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 1h;
  auto reader = on.reader();
  for (int i = 0; i < 1000; ++i) {
    const auto found = on.read(reader, "made-up-" + std::to_string(i));
    CHECK(found->event == nullptr);
    CHECK(found->source == read_source::copy);
  }
  CHECK(on.database.events.id_listings == 1);
  CHECK(on.database.events.reads == 0);
  CHECK(on.cache.gets == 0);
  CHECK(on.read(reader)->event->revision == 1);  // one that was given out is read

  SECTION("and one that is defined here is known at once") {
    auto other = gig(1);
    other.id = "other";
    reader.learn(other);
    CHECK(on.read(reader, "other")->event->id == "other");
  }
}

TEST_CASE("an event that another replica defines is found when the list of ids is old", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 0ms;
  on.database.events.event.reset();
  auto reader = on.reader();
  CHECK(on.read(reader)->event == nullptr);
  on.database.events.event = gig(1);
  CHECK(on.read(reader)->event->revision == 1);
}

TEST_CASE("while a database that hangs is asked for the ids, Redis is asked for the event", "[event_reader]") {
  fixture on;
  on.cache.values[catalog::cache_key("gig")] = {5, catalog::encode_snapshot(gig(5))};
  on.settings.reading = 1h;
  on.settings.stale_renewal_wait = 1ms;
  on.database.is_hanging = true;
  auto reader = on.reader();
  on.io.restart();
  const auto found = test::run_coroutine(on.io, reader.read("gig", deadline_in(2s)));
  REQUIRE(found.has_value());
  CHECK(found->source == read_source::redis);
}

TEST_CASE("where the ids cannot be listed, an event is looked up all the same", "[event_reader]") {
  fixture on;
  auto reader = on.reader();
  on.database.events.on_ids.then(database_errc::unusable);
  CHECK(on.read(reader)->event->revision == 1);
}

TEST_CASE("while a copy is being renewed by a slow database, readers get the one in hand", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 0ms;
  on.settings.renewal_wait = 1ms;
  on.clock.at += 1h;  // what is in Redis counts no more
  auto reader = on.reader();
  CHECK(on.read(reader)->source == read_source::database);
  on.database.is_hanging = true;
  for (int i = 0; i < 3; ++i) {
    const auto found = on.read(reader);
    REQUIRE(found.has_value());
    CHECK(found->source == read_source::copy);
    CHECK(found->event->revision == 1);
  }
  CHECK(on.database.events.reads == 1);

  SECTION("one that is older than the bound is worth a longer wait, and is marked") {
    on.settings.fresh_for = 0ms;
    on.settings.renewal_wait = 0ms;
    on.settings.stale_renewal_wait = 1ms;
    on.settings.reading = 1h;  // the database says nothing at all
    on.database.is_hanging = false;
    auto strict = on.reader();
    CHECK(on.read(strict)->source == read_source::database);
    on.database.is_hanging = true;
    for (int i = 0; i < 3; ++i) CHECK(on.read(strict)->source == read_source::stale_copy);
    CHECK(on.list(strict).error() == database_errc::statement_timeout);  // of which it has none
  }
}

TEST_CASE("made-up prices cost no question each", "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 1h;
  auto reader = on.reader();
  const auto ask = [&] {
    on.io.restart();
    return test::run_coroutine(on.io, reader.read_database("gig", deadline_in(10s)));
  };
  for (int i = 0; i < 100; ++i) CHECK(ask()->event->revision == 1);
  CHECK(on.database.events.reads == 1);
}

TEST_CASE("however many ask at once, one question goes out", "[event_reader]") {
  fixture on;
  auto reader = on.reader();
  int answered = 0;
  const auto ask = [&]() -> awaitable<> {
    const auto found = co_await reader.read("gig", deadline_in(10s));
    REQUIRE(found.has_value());
    ++answered;
  };
  for (int i = 0; i < 100; ++i) async::spawn(on.io.get_executor(), "ask", ask());
  on.io.run();
  CHECK(answered == 100);
  CHECK(on.database.events.reads == 1);
  CHECK(on.cache.gets == 1);
}

TEST_CASE("the list of events comes from a copy too, and outlives the database", "[event_reader]") {
  fixture on;
  auto reader = on.reader();
  REQUIRE(on.list(reader)->size() == 1);
  REQUIRE(on.list(reader)->size() == 1);
  CHECK(on.database.events.reads == 1);
  CHECK(on.read(reader)->source == read_source::copy);  // the list was a reading of each

  on.settings.l1_for = on.settings.list_for = 0ms;
  auto uncached = on.reader();
  on.database.on_acquire.then(database_errc::unreachable);
  CHECK(on.list(uncached).error() == database_errc::unreachable);
  CHECK(on.list(uncached)->size() == 1);
  on.database.on_acquire.then(database_errc::unreachable);
  CHECK(on.list(uncached)->size() == 1);
  CHECK(on.list(uncached)->size() == 1);

  SECTION("and one that does not answer") {
    on.settings.stale_renewal_wait = 1ms;
    on.settings.reading = 1h;
    auto reads_on = on.reader();
    CHECK(on.list(reads_on)->size() == 1);
    on.database.is_hanging = true;
    for (int i = 0; i < 3; ++i) CHECK(on.list(reads_on)->size() == 1);
    return;
  }

  auto monolith = on.reader(nullptr);
  CHECK(on.list(monolith)->size() == 1);
}

TEST_CASE("who defines an event waits for other replicas' copies to end, but not beyond the deadline",
          "[event_reader]") {
  fixture on;
  on.settings.l1_for = on.settings.list_for = 1h;
  auto reader = on.reader();
  catalog::availability_publisher publisher(on.io.get_executor(), on.database, &on.cache, {});
  catalog::define_event define(on.database, reader, publisher, domain::id_layout::by_event, "");
  on.database.events.event = gig(2);
  on.database.events.event->id = catalog::demo_event().id;
  on.database.events.context.is_new = true;
  const auto defined = test::run_coroutine(
      on.io, define(catalog::demo_event(), domain::define_mode::create_or_replace, deadline_in(50ms)));
  CHECK(defined.has_value());
}

TEST_CASE("who defines an event reads it at once, and leaves it for the others", "[event_reader]") {
  fixture on;
  on.settings.l1_for = 1ms;
  auto reader = on.reader();
  catalog::availability_publisher publisher(on.io.get_executor(), on.database, &on.cache, {});
  catalog::define_event define(on.database, reader, publisher, domain::id_layout::by_event, "");
  on.database.events.event = gig(2);
  on.database.events.context.is_new = true;
  const auto write = [&](domain::define_mode mode) {
    on.io.restart();
    return test::run_coroutine(on.io, define(catalog::demo_event(), mode, deadline_in(10s)));
  };
  auto event = catalog::demo_event();
  on.database.events.event->id = event.id;

  const auto defined = write(domain::define_mode::create_or_replace);
  REQUIRE(defined.has_value());
  CHECK(defined->outcome == domain::define_outcome::created);
  CHECK(on.database.events.committed == domain::define_outcome::created);
  CHECK(on.cache.values.at(catalog::cache_key(event.id)).version == catalog::cache_version(*on.database.events.event));

  on.database.events.context.is_new = false;
  CHECK(write(domain::define_mode::only_if_absent)->outcome == domain::define_outcome::left_as_it_is);
  CHECK(on.database.events.abandoned == 1);

  on.database.events.context.taken = {{.id = "standing", .tickets = 1'000'000, .currency = "TRY"}};
  const auto conflict = write(domain::define_mode::create_or_replace);
  CHECK(conflict->outcome == domain::define_outcome::capacity_conflict);
  CHECK_FALSE(conflict->event);

  on.database.on_acquire.then(database_errc::unreachable);
  CHECK(write(domain::define_mode::create_or_replace).error() == database_errc::unreachable);
}

TEST_CASE("what has changed together is read together, so many at most", "[availability]") {
  fixture on;
  catalog::availability_publisher publisher(on.io.get_executor(), on.database, &on.cache, {.events_max = 10});
  for (int number = 1; number <= 25; ++number) {
    auto& event = on.database.events.others.emplace_back(gig(2));
    event.id = "gig-" + std::to_string(number);
    publisher.changed(event.id);
  }
  async::spawn(on.io.get_executor(), "publisher", publisher.run());
  while (on.cache.values.size() < 25) on.io.run_one();
  CHECK(on.database.events.reads == 3);
}

TEST_CASE("a change is published once the database can be read, and never lost", "[availability]") {
  fixture on;
  catalog::availability_publisher publisher(on.io.get_executor(), on.database, &on.cache, {});
  async::spawn(on.io.get_executor(), "publisher", publisher.run());
  on.database.on_acquire.then(database_errc::unreachable);
  publisher.changed("gig");
  publisher.changed("gig");
  publisher.changed("made-up");
  const auto is_published = [&] { return on.cache.values.contains(catalog::cache_key("gig")); };
  while (!is_published()) on.io.run_one();
  CHECK(on.cache.values.size() == 1);
  on.database.events.event = gig(2);
  publisher.changed("gig");
  const auto newest = catalog::cache_version(*on.database.events.event);
  while (on.cache.values.at(catalog::cache_key("gig")).version != newest) on.io.run_one();

  catalog::availability_publisher without_cache(on.io.get_executor(), on.database, nullptr, {});
  without_cache.changed("gig");  // there is nothing to overwrite
}
