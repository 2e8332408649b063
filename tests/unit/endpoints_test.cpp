// The endpoint table, and who goes by it.
#include "api/endpoints.hpp"
#include "fakes/in_process_api.hpp"
#include "support/catch2.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/orders/charge_settings.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;
using http::verb;
using fixture = test::in_process_api;
using test::event_body;
using test::json_of;
using test::purchase_body;
using test::purchase_budget;
using test::token;

TEST_CASE("each row leads to its handler", "[endpoints]") {
  fixture on;
  CHECK(json_of(on.ask(verb::get, "/api/v1/events")).at("events").as_array().size() == 1);
  CHECK(json_of(on.ask(verb::get, "/api/v1/events/gig")).at("id").as_string() == "gig");
  const auto availability = on.ask(verb::get, "/api/v1/events/gig/availability");
  CHECK(json_of(availability).at("event_id").as_string() == "gig");
  CHECK(availability["Cache-Status"] == "ticketd; fwd=bypass; detail=cache-off");
  CHECK(on.ask(verb::post, "/api/v1/orders", purchase_body).result() == http::status::accepted);
  REQUIRE(on.purchases.bought);
  CHECK(on.purchases.bought->quantity == 2);
  const auto put = on.ask(verb::put, "/api/v1/events/gig", event_body, token);
  CHECK(put.result() == http::status::created);
  CHECK(put[http::field::location] == "/api/v1/events/gig");
  on.database.events.context.is_new = false;
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, token).result() == http::status::ok);
  CHECK(json_of(on.ask(verb::get, "/api/v1/openapi.json")).at("openapi").as_string().starts_with("3.1"));
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

TEST_CASE("who defines an event is known by the name of the token", "[endpoints]") {
  fixture on;
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, "the-token-of-bob").result_int() == 201);
  CHECK(on.database.events.editor == "bob");
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, token).result_int() == 201);
  CHECK(on.database.events.editor == "ada");
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, "the-token-of-eve").result_int() == 403);
}

TEST_CASE("an id that may be a neighbour's is not said to be nobody's", "[endpoints]") {
  fixture on;
  domain::order_id_mint others(domain::secrets{"a secret that others have"});
  const auto id = others.mint_random(
      {domain::id_layout::by_event, "gig", "ada@x", domain::generation_of("a secret that others have")});
  const auto path = "/api/v1/orders/" + id.to_string();
  const auto look = [&] { test::run_coroutine(on.io, on.missing.look(deadline_in(1h))); };
  look();
  CHECK(on.missing.is_any_unnamed());
  CHECK(on.ask(verb::get, path).result_int() == 404);
  on.database.events.event->secret_generation = domain::generation_of("a secret that others have");
  look();
  CHECK_FALSE(on.missing.is_any_unnamed());
  CHECK(on.ask(verb::get, path).result_int() == 503);
  domain::order_view settled;
  settled.id = id;
  settled.status = domain::order_status::confirmed;
  on.database.orders.settled.push_back(settled);
  CHECK(on.ask(verb::get, path).result_int() == 200);
  // An event whose sale is over leads nobody here any more.
  on.database.orders.settled.clear();
  on.database.events.event->sale.closes_at = on.clock.at;
  look();
  CHECK(on.ask(verb::get, path).result_int() == 404);
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
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, token).result_int() == 503);
  on.database.events.context.is_new = false;
  on.database.events.context.taken = {{.id = "standing", .tickets = 11, .currency = "TRY"}};
  CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, token).result_int() == 409);
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
                                    {"/api/v1/openapi.json", "GET, HEAD, OPTIONS"},
                                    {"*", "GET, HEAD, PUT, POST, OPTIONS"}}) {
    const auto said = on.ask(verb::options, path);
    CHECK(said.result() == http::status::no_content);
    CHECK(said[http::field::allow] == allow);
    CHECK(said.body().empty());
  }
  CHECK(on.ask(verb::options, "/nothing").result_int() == 404);
}

TEST_CASE("the guard asks for the token before anything is read", "[endpoints]") {
  fixture on;
  const auto none = on.ask(verb::put, "/api/v1/events/gig", "not JSON");
  CHECK(none.result_int() == 401);
  CHECK(none[http::field::www_authenticate] == "Bearer");
  for (const auto& wrong : {std::string("x"), token + "x", token.substr(1)})
    CHECK(on.ask(verb::put, "/api/v1/events/gig", event_body, wrong).result_int() == 403);
  CHECK_FALSE(on.database.events.committed);
  for (const auto& row : endpoints())
    CHECK((row.guard == guard::admin) == (row.method != verb::get && row.method != verb::post));
}

TEST_CASE("a body is bounded by its row", "[endpoints]") {
  fixture on;
  CHECK(largest_body() == 16 * 1024);
  const std::string padded = purchase_body + std::string(16 * 1024 - purchase_body.size(), ' ');
  CHECK(on.ask(verb::post, "/api/v1/orders", padded).result_int() == 202);
  on.purchases.bought.reset();
  CHECK(on.ask(verb::post, "/api/v1/orders", padded + " ").result_int() == 413);
  CHECK_FALSE(on.purchases.bought);
}

TEST_CASE("a row's own limit counts, though another row takes more", "[endpoints]") {
  std::vector<endpoint> rows(endpoints().begin(), endpoints().end());
  for (auto& row : rows)
    if (row.method == verb::post) row.body_max = purchase_body.size();
  fixture on({.purchase = purchase_budget}, rows);
  CHECK(on.ask(verb::post, "/api/v1/orders", purchase_body).result_int() == 202);
  on.purchases.bought.reset();
  const auto refused = on.ask(verb::post, "/api/v1/orders", purchase_body + " ");
  CHECK(refused.result_int() == 413);
  CHECK(refused.body().find(std::to_string(purchase_body.size())) != std::string::npos);
  CHECK_FALSE(on.purchases.bought);
}

TEST_CASE("the deadline is made of the row's budget, and handed down", "[endpoints]") {
  fixture on;
  const auto before = std::chrono::steady_clock::now();
  on.ask(verb::post, "/api/v1/orders", purchase_body);
  CHECK(on.purchases.until >= before + 3s);
  CHECK(on.purchases.until <= std::chrono::steady_clock::now() + 3s);
}

TEST_CASE("a purchase has as long as a confirm may take, or as nobody else charges it", "[endpoints]") {
  config::settings settings;
  settings.publish_timeout = 1234ms;
  settings.charge_timeout = 3s;
  settings.purchase = config::purchase_mode::async;
  CHECK(time_budgets_of(settings).purchase == 1234ms);
  settings.purchase = config::purchase_mode::sync;
  orders::charge_settings charging;
  charging.attempts.call = 3s;
  CHECK(time_budgets_of(settings).purchase == charging.lease());
}

TEST_CASE("each row's own budget is what a call waits for, and no longer", "[endpoints]") {
  for (const auto& row : endpoints()) {
    if (row.pattern == "/api/v1/openapi.json") continue;  // waits for nothing
    INFO(row.pattern);
    time_budgets budgets{.read = 1h, .find = 1h, .define = 1h, .purchase = 1h};
    budgets.*row.budget = 20ms;
    fixture on(budgets);
    on.database.is_hanging = on.purchases.is_hanging = true;
    const auto path = boost::replace_all_copy(std::string(row.pattern), "{event_id}", "gig");
    const auto target = boost::replace_all_copy(path, "{order_id}", on.mint.mint_random({}).to_string());
    const std::string body = row.method == verb::put ? event_body : row.method == verb::post ? purchase_body : "";
    const auto before = std::chrono::steady_clock::now();
    CHECK(on.ask(row.method, target, body, token).result_int() == 503);
    CHECK(std::chrono::steady_clock::now() >= before + 20ms);
  }
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
