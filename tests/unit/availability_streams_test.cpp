// What is left of an event, pushed to who watches it.
#include "fakes/in_process_api.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/http/stream.hpp"

#include <chrono>
#include <string>

using namespace ticketd;
using namespace std::chrono_literals;
using http::verb;

namespace {

struct client final : http::stream_writer {
  std::string text;
  void write(std::string_view more) override { text += more; }
  void end() override {}

  [[nodiscard]] int heard() const {
    int count = 0;
    for (std::size_t at = 0; (at = text.find("event: availability\n", at)) != std::string::npos; ++at) ++count;
    return count;
  }
};

struct fixture : test::in_process_api {
  http::response watch_event() { return ask(verb::get, "/api/v1/events/gig/availability/events"); }

  void sell() {
    --database.events.event->categories[0].remaining;
    read_later();
  }
  void read_later() {
    clock.at += 1s;
    database.events.event->as_of = clock.at;
  }
  void push() { test::run_coroutine(io, availability.push()); }
};

}  // namespace

TEST_CASE("who watches an event hears what is left at once, and each time that it is another", "[live]") {
  fixture on;
  auto answer = on.watch_event();
  REQUIRE(answer.stream);
  CHECK(answer[http::field::content_type] == "text/event-stream");
  client to;
  answer.stream->opened(to);
  CHECK(to.heard() == 1);
  CHECK(to.text.find("\"remaining\":2") != std::string::npos);
  on.push();
  on.read_later();
  on.push();
  CHECK(to.heard() == 1);  // the same, read anew
  on.sell();
  on.push();
  CHECK(to.heard() == 2);
  CHECK(to.text.find("\"remaining\":1") != std::string::npos);
  CHECK(to.text.find("id: " + std::to_string(on.database.events.event->as_of.time_since_epoch().count())) !=
        std::string::npos);
  answer.stream->closed(http::stream_end::by_client);
}

TEST_CASE("an event is read once, however many watch it, and by nobody once nobody does", "[live]") {
  fixture on;
  client to[2];
  auto first = on.watch_event();
  auto second = on.watch_event();
  first.stream->opened(to[0]);
  second.stream->opened(to[1]);
  on.sell();
  const int reads = on.database.events.reads;
  on.push();
  CHECK(on.database.events.reads == reads + 1);
  CHECK(to[0].heard() == 2);
  CHECK(to[1].heard() == 2);
  for (auto* each : {&first, &second}) {
    each->stream->closed(http::stream_end::by_client);
    each->stream.reset();
  }
  on.push();
  CHECK(on.database.events.reads == reads + 1);
  CHECK(on.room.taken() == 0);
}

TEST_CASE("an older reading is not pushed over a later one", "[live]") {
  fixture on;
  client to;
  auto answer = on.watch_event();
  answer.stream->opened(to);
  --on.database.events.event->categories[0].remaining;
  on.database.events.event->as_of -= 1s;
  on.push();
  CHECK(to.heard() == 1);
  answer.stream->closed(http::stream_end::by_client);
}

TEST_CASE("a stream of an event that there is not, or cannot be read, is a problem", "[live]") {
  fixture on;
  CHECK(on.ask(verb::get, "/api/v1/events/other/availability/events").result_int() == 404);
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(on.watch_event().result_int() == 503);
  CHECK(on.room.taken() == 0);
}
