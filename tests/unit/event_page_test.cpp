// The list of events, page by page.
#include "api/event_page.hpp"
#include "support/catch2.hpp"

#include <chrono>
#include <set>
#include <string>
#include <variant>

using namespace ticketd;
using namespace ticketd::roles::api;

namespace {

using list = catalog::event_reader::event_list;

std::shared_ptr<const domain::event_snapshot> event(const std::string& id, int starts_at) {
  auto made = std::make_shared<domain::event_snapshot>();
  made->id = id;
  made->starts_at = domain::timestamp(std::chrono::seconds(starts_at));
  return made;
}

// Some of them at the same time: then the id decides.
list events(int count) {
  list made;
  for (int i = 0; i < count; ++i) made.push_back(event("event-" + std::to_string(1000 + i), i / 3 - 1));
  return made;
}

std::variant<page_request, http::problem> parse(const std::string& query) {
  return parse_page_request(http::request(http::verb::get, "/api/v1/events" + query, 11));
}

event_page page(const list& of, const std::string& query) { return page_of(of, std::get<page_request>(parse(query))); }

std::string query_of(const std::string& target) { return target.substr(target.find('?')); }

}  // namespace

TEST_CASE("a list is read page by page, each event once", "[api]") {
  for (const int count : {0, 1, 6, 7, 8, 20, 21}) {
    const auto all = events(count);
    std::string query = "?limit=7";
    std::size_t read = 0;
    for (int pages = 0; !query.empty(); ++pages) {
      REQUIRE(pages < 4);
      const auto one = page(all, query);
      CHECK(one.events.size() <= 7);
      for (const auto& each : one.events) CHECK(each == all[read++]);
      query = one.next.empty() ? "" : query_of(one.next);
    }
    CHECK(read == all.size());
  }
}

TEST_CASE("a page is of a hundred, or of as many as are asked for", "[api]") {
  const auto all = events(600);
  CHECK(page(all, "").events.size() == 100);
  CHECK(page(all, "?").events.size() == 100);
  CHECK(page(all, "?limit=500").events.size() == 500);
  CHECK(page(all, "?limit=1&x=%31&y").events.size() == 1);
  CHECK(page(all, "?limit=%31").events.size() == 1);
  CHECK(page(all, "").next.starts_with("/api/v1/events?limit=100&after="));
  CHECK(page(events(100), "").next.empty());
}

TEST_CASE("a cursor stays good when its event is gone", "[api]") {
  auto all = events(9);
  const auto next = query_of(page(all, "?limit=4").next);
  all.erase(all.begin() + 3);
  const auto rest = page(all, next);
  REQUIRE(rest.events.size() == 4);
  CHECK(rest.events.front()->id == "event-1004");
}

TEST_CASE("a limit or a cursor that is none is refused", "[api]") {
  for (const auto* query : {"?limit=0", "?limit=501", "?limit=-1", "?limit=", "?limit=x", "?limit=1.0", "?limit=%2B1",
                            "?limit=1&limit=2", "?limit=99999999999999999999", "?after=", "?after=x", "?after=1",
                            "?after=1.", "?after=.a", "?after=1.A", "?after=1.a&after=1.a", "?limit=%zz"}) {
    CAPTURE(query);
    const auto parsed = parse(query);
    REQUIRE(std::holds_alternative<http::problem>(parsed));
    CHECK(std::get<http::problem>(parsed).type.status == 422);
  }
}
