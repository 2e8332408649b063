// The endpoint table, and who goes by it.
#include "api/endpoints.hpp"
#include "api/answers.hpp"
#include "api/headers.hpp"
#include "api/problems.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"
#include "support/request_bodies.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/http/server.hpp"
#include "ticketd/orders/charge_orders.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;
using http::verb;

namespace {

const std::string page_origin = "https://tickets.example";
const std::string token = "the-admin-token-of-the-tests";
constexpr std::chrono::milliseconds purchase_budget = 3s;

// Remembers what it was asked to buy.
class fake_purchasing final : public purchasing {
 public:
  std::optional<orders::purchase_request> bought;
  deadline until{};
  orders::elsewhere elsewhere = orders::elsewhere::no;
  bool is_hanging = false;
  std::chrono::milliseconds takes{0};

  awaitable<purchase_answer> buy(orders::purchase_request request, deadline by) override {
    bought = std::move(request);
    until = by;
    if (is_hanging) {
      asio::steady_timer never(co_await asio::this_coro::executor, by);
      co_await never.async_wait(asio::use_awaitable);
      co_return purchase_answer{refuse(problems::unavailable, "")};
    }
    co_return purchase_answer{http::make_json(http::status::accepted, "{}"), elsewhere};
  }
  std::chrono::milliseconds time_budget() const override { return purchase_budget; }
  std::chrono::milliseconds usual_time() const override { return takes; }
  bool is_ready() const override { return true; }
  bool sells_without_database() const override { return true; }
  void start() override {}
  awaitable<> drain(deadline) override { co_return; }
  std::vector<observability::dependency> dependencies() const override { return {}; }
};

struct fixture : test::in_process {
  catalog::event_reader reader{io.get_executor(), database, nullptr, clock, {.reading = time_budgets{}.read}, metrics};
  catalog::availability_publisher publisher{io.get_executor(), database, nullptr, {}};
  catalog::define_event define{database, reader, publisher, domain::id_layout::by_event};
  orders::order_finder finder{io.get_executor(), database, {.query = 1h}};  // for longer than anybody here waits
  fake_purchasing purchases;
  event_routes events{reader, define, clock, {}};
  request_age age;
  standing_queue queue;
  order_routes orders{purchases, finder, mint, clock, age, queue};
  endpoint_dispatcher dispatcher;

  explicit fixture(time_budgets budgets = {.purchase = purchase_budget}, std::span<const endpoint> table = endpoints())
      : dispatcher{{events, orders}, budgets, token, clock, age, queue, http::cors(cors_settings_of({page_origin})),
                   metrics,          table} {
    database.events.event = test::gig(clock.at);
    database.events.context.is_new = true;
  }

  using headers = std::vector<std::pair<http::field, std::string>>;

  http::response ask(verb method, const std::string& target, std::string body = "", const std::string& bearer = "",
                     const headers& more = {}) {
    http::request request(method, target, 11);
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : more) request.insert(name, value);
    if (!bearer.empty()) request.set(http::field::authorization, "Bearer " + bearer);
    request.body() = std::move(body);
    return test::run_coroutine(io, dispatcher.handle(std::move(request)));
  }
};

const std::string an_order = test::purchase_body;
const std::string an_event = test::event_body;

boost::json::value json_of(const http::response& answer) { return boost::json::parse(answer.body()); }

}  // namespace

TEST_CASE("each row leads to its handler", "[endpoints]") {
  fixture on;
  CHECK(json_of(on.ask(verb::get, "/api/v1/events")).at("events").as_array().size() == 1);
  CHECK(json_of(on.ask(verb::get, "/api/v1/events/gig")).at("id").as_string() == "gig");
  const auto availability = on.ask(verb::get, "/api/v1/events/gig/availability");
  CHECK(json_of(availability).at("event_id").as_string() == "gig");
  CHECK(availability["Cache-Status"] == "ticketd; fwd=bypass; detail=cache-off");
  CHECK(on.ask(verb::post, "/api/v1/orders", an_order).result() == http::status::accepted);
  REQUIRE(on.purchases.bought);
  CHECK(on.purchases.bought->quantity == 2);
  const auto put = on.ask(verb::put, "/api/v1/events/gig", an_event, token);
  CHECK(put.result() == http::status::created);
  CHECK(put[http::field::location] == "/api/v1/events/gig");
  on.database.events.context.is_new = false;
  CHECK(on.ask(verb::put, "/api/v1/events/gig", an_event, token).result() == http::status::ok);
}

TEST_CASE("an order is what was settled, or queued, or none of ours", "[endpoints]") {
  fixture on;
  const auto id = on.mint.mint_random({});
  const auto path = "/api/v1/orders/" + id.to_string();
  CHECK(json_of(on.ask(verb::get, path)).at("status").as_string() == "queued");
  domain::order_view settled;
  settled.id = id;
  settled.status = domain::order_status::confirmed;
  on.database.orders.settled.push_back(settled);
  CHECK(json_of(on.ask(verb::get, path)).at("status").as_string() == "confirmed");
  CHECK(on.ask(verb::get, "/api/v1/orders/6f0c8a52-1f3e-8b7a-9c1d-000102030405").result_int() == 404);
  CHECK(on.ask(verb::get, "/api/v1/orders/7").result_int() == 404);
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(on.ask(verb::get, path).result_int() == 503);
}

TEST_CASE("what can't be read or written is 503, and what is not there 404", "[endpoints]") {
  fixture on;
  for (const auto* path : {"/api/v1/events", "/api/v1/events/gig", "/api/v1/events/gig/availability"}) {
    on.database.on_acquire.then(test::database_errc::unreachable);
    const auto answer = on.ask(verb::get, path);
    CHECK(answer.result_int() == 503);
    CHECK_FALSE(answer[http::field::retry_after].empty());
  }
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(on.ask(verb::put, "/api/v1/events/gig", an_event, token).result_int() == 503);
  on.database.events.context.is_new = false;
  on.database.events.context.taken = {{.id = "standing", .tickets = 11, .currency = "TRY"}};
  CHECK(on.ask(verb::put, "/api/v1/events/gig", an_event, token).result_int() == 409);
  CHECK(on.ask(verb::put, "/api/v1/events/gig", "{}", token).result_int() == 422);
  CHECK(on.ask(verb::post, "/api/v1/orders", "{").result_int() == 400);
  CHECK_FALSE(on.purchases.bought);
  CHECK(on.ask(verb::get, "/api/v1/events/other").result_int() == 404);
  CHECK(on.ask(verb::get, "/api/v1/events/other/availability").result_int() == 404);
  CHECK(on.ask(verb::get, "/nothing").result_int() == 404);
  const auto wrong_method = on.ask(verb::delete_, "/api/v1/events/gig");
  CHECK(wrong_method.result_int() == 405);
  CHECK(wrong_method[http::field::allow] == "GET, HEAD, PUT, OPTIONS");
}

TEST_CASE("HEAD leads where GET does, and OPTIONS says what there is", "[endpoints]") {
  fixture on;
  for (const auto* path : {"/api/v1/events", "/api/v1/events/gig", "/api/v1/events/gig/availability"}) {
    const auto got = on.ask(verb::get, path);
    const auto headed = on.ask(verb::head, path);
    CHECK(headed.result() == http::status::ok);
    CHECK(headed.body() == got.body());  // of which the server sends the length
    CHECK(headed[http::field::etag] == got[http::field::etag]);
  }
  CHECK(on.ask(verb::head, "/api/v1/orders").result_int() == 405);
  for (const auto& [path, allow] : {std::pair("/api/v1/events", "GET, HEAD, OPTIONS"),
                                    {"/api/v1/events/gig", "GET, HEAD, PUT, OPTIONS"},
                                    {"/api/v1/events/gig/availability", "GET, HEAD, OPTIONS"},
                                    {"/api/v1/orders", "POST, OPTIONS"},
                                    {"*", "GET, HEAD, PUT, POST, OPTIONS"}}) {
    const auto said = on.ask(verb::options, path);
    CHECK(said.result() == http::status::no_content);
    CHECK(said[http::field::allow] == allow);
    CHECK(said.body().empty());
  }
  CHECK(on.ask(verb::options, "/nothing").result_int() == 404);
}

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
    auto answer = on.ask(verb::put, path, an_event, token, conditions);
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
  CHECK(on.ask(verb::put, path, an_event, "wrong", {{field::if_match, "\"x\""}}).result_int() == 403);
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
  CHECK(on.ask(verb::post, "/api/v1/orders", an_order)[field::cache_control] == "no-store");
  CHECK(on.ask(verb::post, "/api/v1/orders", "{")[field::cache_control] == "no-store");
  CHECK(on.ask(verb::put, "/api/v1/events/gig", an_event, token)[field::cache_control] == "no-store");
  CHECK(on.ask(verb::get, "/nothing")[field::cache_control] == "no-store");
  CHECK(on.ask(verb::options, "/api/v1/orders")[field::cache_control] == "no-store");
}

TEST_CASE("a body in a coding is refused, with the coding that would be read", "[endpoints]") {
  using http::field;
  fixture on;
  for (const auto* coding : {"gzip", "br", "identity, gzip", ""}) {
    const auto refused = on.ask(verb::post, "/api/v1/orders", an_order, "", {{field::content_encoding, coding}});
    CHECK(refused.result_int() == 415);
    CHECK(refused[field::accept_encoding] == "identity");
  }
  CHECK(on.ask(verb::post, "/api/v1/orders", an_order, "", {{field::content_encoding, "Identity"}}).result_int() ==
        202);
  CHECK(on.ask(verb::get, "/api/v1/events", "", "", {{field::content_encoding, "gzip"}}).result_int() == 200);
  http::request of_another_type(verb::post, "/api/v1/orders", 11);
  of_another_type.set(field::content_type, "text/plain");
  const auto refused = test::run_coroutine(on.io, on.dispatcher.handle(std::move(of_another_type)));
  CHECK(refused.result_int() == 415);
  CHECK(refused.count(field::accept_encoding) == 0);  // RFC 9110, 12.5.3
}

TEST_CASE("the guard asks for the token before anything is read", "[endpoints]") {
  fixture on;
  const auto none = on.ask(verb::put, "/api/v1/events/gig", "not JSON");
  CHECK(none.result_int() == 401);
  CHECK(none[http::field::www_authenticate] == "Bearer");
  for (const auto& wrong : {std::string("x"), token + "x", token.substr(1)})
    CHECK(on.ask(verb::put, "/api/v1/events/gig", an_event, wrong).result_int() == 403);
  CHECK_FALSE(on.database.events.committed);
  for (const auto& row : endpoints())
    CHECK((row.guard == guard::admin) == (row.method != verb::get && row.method != verb::post));
}

TEST_CASE("a body is bounded by its row", "[endpoints]") {
  fixture on;
  CHECK(largest_body() == 16 * 1024);
  const std::string padded = an_order + std::string(16 * 1024 - an_order.size(), ' ');
  CHECK(on.ask(verb::post, "/api/v1/orders", padded).result_int() == 202);
  on.purchases.bought.reset();
  CHECK(on.ask(verb::post, "/api/v1/orders", padded + " ").result_int() == 413);
  CHECK_FALSE(on.purchases.bought);
}

TEST_CASE("a row's own limit counts, though another row takes more", "[endpoints]") {
  std::vector<endpoint> rows(endpoints().begin(), endpoints().end());
  for (auto& row : rows)
    if (row.method == verb::post) row.body_max = an_order.size();
  fixture on({.purchase = purchase_budget}, rows);
  CHECK(on.ask(verb::post, "/api/v1/orders", an_order).result_int() == 202);
  on.purchases.bought.reset();
  const auto refused = on.ask(verb::post, "/api/v1/orders", an_order + " ");
  CHECK(refused.result_int() == 413);
  CHECK(refused.body().find(std::to_string(an_order.size())) != std::string::npos);
  CHECK_FALSE(on.purchases.bought);
}

TEST_CASE("the deadline is made of the row's budget, and handed down", "[endpoints]") {
  fixture on;
  const auto before = std::chrono::steady_clock::now();
  on.ask(verb::post, "/api/v1/orders", an_order);
  CHECK(on.purchases.until >= before + 3s);
  CHECK(on.purchases.until <= std::chrono::steady_clock::now() + 3s);
}

TEST_CASE("each row's own budget is what a call waits for, and no longer", "[endpoints]") {
  for (const auto& row : endpoints()) {
    INFO(row.pattern);
    time_budgets budgets{.read = 1h, .find = 1h, .define = 1h, .purchase = 1h};
    budgets.*row.budget = 20ms;
    fixture on(budgets);
    on.database.is_hanging = on.purchases.is_hanging = true;
    const auto path = std::regex_replace(std::string(row.pattern), std::regex("\\{event_id\\}"), "gig");
    const auto target = std::regex_replace(path, std::regex("\\{order_id\\}"), on.mint.mint_random({}).to_string());
    const std::string body = row.method == verb::put ? an_event : row.method == verb::post ? an_order : "";
    const auto before = std::chrono::steady_clock::now();
    CHECK(on.ask(row.method, target, body, token).result_int() == 503);
    CHECK(std::chrono::steady_clock::now() >= before + 20ms);
  }
}

TEST_CASE("what has waited for too long is not begun while a queue stands here", "[endpoints]") {
  fixture on;
  const auto waited = [&](std::chrono::milliseconds age, verb method = verb::get,
                          const std::string& target = "/api/v1/events/gig") {
    http::request request(method, target, 11);
    const auto taken_at = std::chrono::duration_cast<std::chrono::milliseconds>((on.clock.at - age).time_since_epoch());
    request.set(headers::request_start, fmt::format("t={}.{:03}", taken_at.count() / 1000, taken_at.count() % 1000));
    return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
  };
  CHECK(waited(0ms) == 200);
  CHECK(waited(3000ms) == 200);  // from another replica, which hung
  for (int i = 0; i < 10; ++i) {
    CHECK(waited(900ms) == 200);
    on.clock.at += 50ms;
  }
  CHECK(waited(1000ms) == 200);
  CHECK(on.metrics.requests_shed.Value() == 0);
  CHECK(waited(1001ms) == 503);
  CHECK(on.metrics.requests_shed.Value() == 1);
  // Nor is a purchase that will have.
  on.purchases.takes = 300ms;
  CHECK(waited(700ms, verb::post, "/api/v1/orders") != 503);
  CHECK(waited(701ms, verb::post, "/api/v1/orders") == 503);
  CHECK(waited(701ms) == 200);
  CHECK(waited(10ms) == 200);
  CHECK(waited(1001ms) == 200);
}

TEST_CASE("who is refused together is not told to come again together", "[endpoints]") {
  fixture on;
  std::set<std::string> told;
  for (int i = 0; i < 100; ++i) {
    on.database.on_acquire.then(test::database_errc::unreachable);
    told.emplace(on.ask(verb::get, "/api/v1/events")[http::field::retry_after]);
  }
  CHECK(told == std::set<std::string>{"1", "2", "3"});
}

TEST_CASE("a purchase says how long Nginx has had it, and whether the key is Nginx's", "[endpoints]") {
  fixture on;
  const auto buy = [&](const std::string& taken_at, const std::string& key_of_nginx) {
    http::request request(verb::post, "/api/v1/orders", 11);
    request.set(http::field::content_type, "application/json");
    request.set("Idempotency-Key", "key");
    if (!taken_at.empty()) request.set(headers::request_start, taken_at);
    if (!key_of_nginx.empty()) request.set(headers::key_of_nginx, key_of_nginx);
    request.body() = an_order;
    test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
    return *on.purchases.bought;
  };
  CHECK_FALSE(buy("", "").waited);
  CHECK_FALSE(buy("", "").is_key_of_nginx);
  CHECK(buy("t=1767225600.500", "1").waited == 0ms);
  CHECK(buy("t=1767225600.100", "1").waited == 400ms);
  CHECK(buy("t=1767225600.100", "1").is_key_of_nginx);
}

TEST_CASE("Nginx, and nobody else, is asked to try another replica", "[endpoints]") {
  fixture on;
  on.purchases.elsewhere = orders::elsewhere::maybe;
  CHECK(on.ask(verb::post, "/api/v1/orders", an_order).result_int() == 202);
  http::request request(verb::post, "/api/v1/orders", 11);
  request.set(http::field::content_type, "application/json");
  request.set(headers::request_start, "t=1767225600.123");
  request.body() = an_order;
  const auto answer = test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
  CHECK(answer.result_int() == 502);
  CHECK(answer["X-Accel-Redirect"] == "/.problem/503");
}

TEST_CASE("what is slow here is for another replica, unless there is too much for all of them", "[endpoints]") {
  fixture on;
  on.purchases.elsewhere = orders::elsewhere::unless_overloaded;
  const auto buy = [&](std::chrono::milliseconds waited) {
    const auto taken_at = std::chrono::floor<std::chrono::milliseconds>(on.clock.at.time_since_epoch()) - waited;
    http::request request(verb::post, "/api/v1/orders", 11);
    request.set(http::field::content_type, "application/json");
    request.set(headers::request_start, fmt::format("t={}.{:03}", taken_at.count() / 1000, taken_at.count() % 1000));
    request.body() = an_order;
    on.clock.at += 50ms;
    on.io.restart();
    return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
  };
  CHECK(buy(0ms) == 502);
  for (int i = 0; i < 10; ++i) buy(200ms);
  CHECK(buy(200ms) == 202);  // what the fake answers
  on.purchases.elsewhere = orders::elsewhere::maybe;
  CHECK(buy(200ms) == 502);
}

TEST_CASE("what can't be read from here is for another replica, what is slow is not", "[endpoints]") {
  fixture on;
  const auto id = on.mint.mint_random({}).to_string();
  for (const std::string target : {"/api/v1/events", "/api/v1/events/gig", "/api/v1/events/gig/availability"}) {
    CAPTURE(target);
    const auto ask = [&](test::database_errc error, bool is_through_nginx) {
      on.database.on_acquire.then(error);
      http::request request(verb::get, target, 11);
      if (is_through_nginx) request.set(headers::request_start, "t=1767225600.123");
      on.io.restart();
      return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
    };
    CHECK(ask(test::database_errc::unreachable, true) == 502);
    CHECK(ask(test::database_errc::unreachable, false) == 503);
    CHECK(ask(test::database_errc::statement_timeout, true) == 503);
  }
  on.database.on_acquire.then(test::database_errc::unreachable);
  http::request request(verb::get, "/api/v1/orders/" + id, 11);
  request.set(headers::request_start, "t=1767225600.123");
  const auto answer = test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
  CHECK(answer.result_int() == 502);
}

namespace {

// deploy/nginx.conf, filled in as for an api of these settings.
std::string nginx_configuration(const std::string& environment) {
  const std::string command = environment + " " TICKETD_SOURCE_DIR "/deploy/nginx-configuration 127.0.0.1:8081";
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char part[4096];
  while (const auto size = std::fread(part, 1, sizeof part, pipe)) text.append(part, size);
  REQUIRE(::pclose(pipe) == 0);
  return text;
}

// The value of a directive, the last one if it stands more than once.
std::string directive(const std::string& configuration, const std::string& name) {
  const std::regex line("\n *" + name + " ([^;]+);");
  std::string value;
  for (std::sregex_iterator at(configuration.begin(), configuration.end(), line), end; at != end; ++at)
    value = (*at)[1];
  INFO(name);
  REQUIRE_FALSE(value.empty());
  return value;
}

std::chrono::milliseconds time_of(const std::string& configuration, const std::string& name) {
  const auto value = directive(configuration, name);
  const auto number = std::stol(value);
  return value.ends_with("ms") ? std::chrono::milliseconds(number) : std::chrono::seconds(number);
}

}  // namespace

TEST_CASE("Nginx reads what the table reads, and keeps connections for less than we do", "[endpoints][nginx]") {
  const auto nginx = nginx_configuration("");
  CHECK(directive(nginx, "client_max_body_size") == std::to_string(largest_body() / 1024) + "k");
  const http::server_settings ours;
  CHECK(directive(nginx, "large_client_header_buffers") == "4 " + std::to_string(ours.header_max / 1024) + "k");
  CHECK(time_of(nginx, "client_header_timeout") == ours.request);
  CHECK(time_of(nginx, "client_body_timeout") == ours.request);
  CHECK(time_of(nginx, "keepalive_timeout") < ours.idle);  // upstream: the last one
}

TEST_CASE("what Nginx says of methods, sizes and times is what the table has", "[endpoints][nginx]") {
  const auto nginx = nginx_configuration("");
  std::set<std::string> methods{"HEAD", "OPTIONS"};
  for (const auto& row : endpoints()) {
    methods.emplace(std::string_view(boost::beast::http::to_string(row.method)));
    CHECK(row.pattern.starts_with("/api/"));
  }
  CHECK(directive(nginx, "add_header Allow") == '"' + boost::join(methods, ", ") + "\" always");
  const auto detail = [&](int status) {
    const std::regex document("return " + std::to_string(status) + " '([^']+)'");
    std::smatch found;
    REQUIRE(std::regex_search(nginx, found, document));
    return std::string(boost::json::parse(found[1].str()).at("detail").as_string());
  };
  CHECK(detail(404) == "Everything of ticketd is below /api/.");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(http::server_settings().request).count();
  CHECK(detail(408) == fmt::format("A request has {} seconds to arrive.", seconds));
  CHECK(detail(413) == fmt::format("A request body may have at most {} KiB.", largest_body() / 1024));
}

TEST_CASE("Nginx waits for longer than any answer may take", "[endpoints][nginx]") {
  constexpr std::chrono::milliseconds margin = 1s;  // to spread a definition, and to be answered at all
  const config::settings defaults;
  time_budgets budgets;
  budgets.purchase = defaults.publish_timeout;
  const auto async_nginx = nginx_configuration("TICKETD_PURCHASE=async");
  for (const auto& row : endpoints()) CHECK(time_of(async_nginx, "proxy_read_timeout") >= budgets.*row.budget + margin);
  CHECK(directive(async_nginx, "proxy_next_upstream").find("http_502") != std::string::npos);
  CHECK(directive(async_nginx, "proxy_set_header " + std::string(headers::key_of_nginx)) ==
        "$idempotency_key_of_nginx");
  CHECK(directive(async_nginx, "proxy_set_header " + std::string(headers::request_start)) == "\"t=$taken_at\"");
  CHECK(time_of(nginx_configuration("TICKETD_PUBLISH_TIMEOUT_MS=30000"), "proxy_read_timeout") >= 30s + margin);

  for (const auto charge_timeout : {1000ms, 10'000ms, 60'000ms}) {
    orders::charge_settings charging;
    charging.attempts.call = charge_timeout;
    const auto sync_nginx = nginx_configuration("TICKETD_PURCHASE=sync TICKETD_CHARGE_TIMEOUT_MS=" +
                                                std::to_string(charge_timeout.count()));
    CHECK(time_of(sync_nginx, "proxy_read_timeout") >= charging.lease() + margin);
  }
}
