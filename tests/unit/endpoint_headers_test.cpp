// What headers of a request and of its answer do: pages of other origins, tags and conditions, keeping, codings.
#include "api/headers.hpp"
#include "fakes/in_process_api.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/http/cors.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;
using http::verb;
using fixture = test::in_process_api;
using test::event_body;
using test::json_of;
using test::page_origin;
using test::purchase_body;
using test::token;

TEST_CASE("a page of a listed origin may call, and one of another has no such header", "[endpoints]") {
  using http::field;
  fixture on;
  const auto preflight = [&](const std::string& origin) {
    return on.ask(verb::options, "/api/v1/events/gig", "", "",
                  {{field::origin, origin}, {field::access_control_request_method, "PUT"}});
  };
  const auto allowed = preflight(page_origin);
  CHECK(allowed.result() == http::status::no_content);
  CHECK(allowed[field::access_control_allow_origin] == page_origin);
  CHECK(allowed[field::access_control_allow_methods] == "GET, HEAD, PUT, OPTIONS");
  for (const auto* header : {"Idempotency-Key", "Authorization", "Content-Type", "If-Match"})
    CHECK(allowed[field::access_control_allow_headers].find(header) != std::string_view::npos);
  CHECK(allowed[field::access_control_max_age] == "600");
  CHECK(allowed[field::vary] == "Origin");
  for (const auto* other :
       {"https://evil.example", "http://tickets.example", "https://tickets.example:8443", "null", ""}) {
    const auto refused = preflight(other);
    CHECK(refused.count(field::access_control_allow_origin) == 0);
    CHECK(refused.count(field::access_control_allow_methods) == 0);
    CHECK(refused[field::vary] == "Origin");
  }
  // A problem too is to be read, and when to come again.
  const auto missing = on.ask(verb::get, "/api/v1/events/other", "", "", {{field::origin, page_origin}});
  CHECK(missing.result_int() == 404);
  CHECK(missing[field::access_control_allow_origin] == page_origin);
  for (const auto* header : {"Location", "Retry-After", "ETag", "Link"})
    CHECK(missing[field::access_control_expose_headers].find(header) != std::string_view::npos);
  CHECK(missing.count(field::access_control_allow_methods) == 0);
  CHECK(on.ask(verb::get, "/api/v1/events")[field::vary] == "Origin");
}

TEST_CASE("nothing is said of origins where none is listed", "[endpoints]") {
  http::response answer = http::make_json(http::status::ok, "{}");
  http::request asked(verb::get, "/", 11);
  asked.set(http::field::origin, page_origin);
  http::cors(cors_settings_of({})).mark(asked, answer);
  CHECK(answer.count(http::field::vary) == 0);
  CHECK(answer.count(http::field::access_control_allow_origin) == 0);
}

TEST_CASE("an event has a tag, by which nobody reads it twice, nor overwrites what he has not read", "[endpoints]") {
  using http::field;
  fixture on;
  const std::string path = "/api/v1/events/gig";
  const auto got = on.ask(verb::get, path);
  const std::string etag(got[field::etag]);
  REQUIRE(etag.size() > 10);
  CHECK(etag.starts_with('"'));
  CHECK(got.body().find("remaining") == std::string::npos);

  const auto status_with = [&](field name, const std::string& value) {
    return on.ask(verb::get, path, "", "", {{name, value}}).result_int();
  };
  for (const auto& known : {etag, "W/" + etag, "\"x\", " + etag, "\"a,b\"," + etag + ",", std::string("*")})
    CHECK(status_with(field::if_none_match, known) == 304);
  for (const auto& other : {std::string("\"x\""), std::string("x"), std::string(""), etag.substr(1)})
    CHECK(status_with(field::if_none_match, other) == 200);
  const auto not_modified = on.ask(verb::get, path, "", "", {{field::if_none_match, etag}});
  CHECK(not_modified.body().empty());
  CHECK(not_modified[field::etag] == etag);
  CHECK(not_modified[field::cache_control] == got[field::cache_control]);

  // A sale changes nothing in it.
  --on.database.events.event->categories[0].remaining;
  CHECK(on.ask(verb::get, path)[field::etag] == etag);

  on.database.events.context.is_new = false;
  const auto put = [&](const fixture::headers& conditions) {
    on.database.events.committed.reset();
    auto answer = on.ask(verb::put, path, event_body, token, conditions);
    CHECK(on.database.events.committed.has_value() == (answer.result_int() < 300));
    return answer;
  };
  CHECK(put({}).result_int() == 200);
  for (const auto& good : {etag, "\"x\", " + etag, std::string("*")})
    CHECK(put({{field::if_match, good}}).result_int() == 200);
  CHECK(put({{field::if_match, "\"x\""}, {field::if_match, etag}}).result_int() == 200);
  for (const auto& bad : {std::string("\"x\""), "W/" + etag, std::string("nonsense"), std::string("")}) {
    const auto refused = put({{field::if_match, bad}});
    CHECK(refused.result_int() == 412);
    CHECK(json_of(refused).at("type").as_string() == "urn:ticketd:problem:precondition-failed");
  }
  for (const auto& there : {std::string("*"), etag, "W/" + etag})
    CHECK(put({{field::if_none_match, there}}).result_int() == 412);
  CHECK(put({{field::if_none_match, "\"x\""}}).result_int() == 200);
  CHECK(put({{field::if_match, etag}, {field::if_none_match, "*"}}).result_int() == 412);

  // What is not there yet: created only so, and replaced never.
  on.database.events.context.is_new = true;
  CHECK(put({{field::if_none_match, "*"}}).result_int() == 201);
  CHECK(put({{field::if_match, "*"}}).result_int() == 412);
  CHECK(put({{field::if_match, etag}}).result_int() == 412);
  CHECK(put({})[field::etag] == etag);

  // What is wrong with the request itself comes first.
  CHECK(on.ask(verb::put, path, "{}", token, {{field::if_match, "\"x\""}}).result_int() == 422);
  CHECK(on.ask(verb::put, path, event_body, "wrong", {{field::if_match, "\"x\""}}).result_int() == 403);
}

TEST_CASE("each answer says for how long it may be kept", "[endpoints]") {
  using http::field;
  fixture on;
  const auto kept =
      "max-age=" +
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(catalog::reader_settings().fresh_for).count());
  for (const auto* path : {"/api/v1/events", "/api/v1/events/gig", "/api/v1/events/gig/availability"}) {
    CHECK(on.ask(verb::get, path)[field::cache_control] == kept);
    on.database.on_acquire.then(test::database_errc::unreachable);
    CHECK(on.ask(verb::get, path)[field::cache_control] == "no-store");
  }
  const auto order = "/api/v1/orders/" + on.mint.mint_random({}).to_string();
  CHECK(on.ask(verb::get, order)[field::cache_control] == "no-store");
  CHECK(on.ask(verb::get, "/api/v1/orders/7")[field::cache_control] == "no-store");
  CHECK(on.ask(verb::post, "/api/v1/orders", purchase_body)[field::cache_control] == "no-store");
  CHECK(on.ask(verb::post, "/api/v1/orders", "{")[field::cache_control] == "no-store");
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, token)[field::cache_control] == "no-store");
  CHECK(on.ask(verb::get, "/nothing")[field::cache_control] == "no-store");
  CHECK(on.ask(verb::options, "/api/v1/orders")[field::cache_control] == "no-store");
}

TEST_CASE("a body in a coding is refused, with the coding that would be read", "[endpoints]") {
  using http::field;
  fixture on;
  for (const auto* coding : {"gzip", "br", "identity, gzip", ""}) {
    const auto refused = on.ask(verb::post, "/api/v1/orders", purchase_body, "", {{field::content_encoding, coding}});
    CHECK(refused.result_int() == 415);
    CHECK(refused[field::accept_encoding] == "identity");
  }
  CHECK(on.ask(verb::post, "/api/v1/orders", purchase_body, "", {{field::content_encoding, "Identity"}}).result_int() ==
        202);
  CHECK(on.ask(verb::get, "/api/v1/events", "", "", {{field::content_encoding, "gzip"}}).result_int() == 200);
  http::request of_another_type(verb::post, "/api/v1/orders", 11);
  of_another_type.set(field::content_type, "text/plain");
  const auto refused = test::run_coroutine(on.io, on.dispatcher.handle(std::move(of_another_type)));
  CHECK(refused.result_int() == 415);
  CHECK(refused.count(field::accept_encoding) == 0);  // RFC 9110, 12.5.3
}
