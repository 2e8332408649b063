// Every refusal of the contract, by the request that earns it.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>

using namespace ticketd;
using namespace ticketd::test;

namespace {

namespace json = boost::json;
using http::verb;

const std::string orders_path = "/api/v1/orders";

// A purchase that nothing is wrong with.
json::object order_of(const sale& concert) {
  return {{"event_id", concert.event_id()},
          {"category_id", category},
          {"quantity", 1},
          {"buyer", {{"name", "Ada Lovelace"}, {"email", concert.email_of("ada")}}}};
}

call post(const json::object& order, header_list headers = {}) {
  return with_json(verb::post, orders_path, json::serialize(order), std::move(headers));
}

call put_event(const std::string& id, const json::object& event, const std::string& token) {
  header_list headers;
  if (!token.empty()) headers.emplace_back("Authorization", token);
  return with_json(verb::put, "/api/v1/events/" + id, json::serialize(event), std::move(headers));
}

json::object event_object(const event_plan& plan = {}) { return json::parse(event_json(plan)).as_object(); }

// The pointers of a validation problem's errors, each of which says something.
std::set<std::string> pointers_of(const answer& said) {
  std::set<std::string> pointers;
  const auto* errors = said.json().if_contains("errors");
  if (errors == nullptr || !errors->is_array()) return pointers;
  for (const auto& error : errors->get_array())
    if (!error.at("detail").as_string().empty()) pointers.emplace(error.at("pointer").as_string());
  return pointers;
}

void check_problem(const laboratory& lab, const call& request, int status, const std::string& problem) {
  for (const auto& url : {lab.public_url(), lab.replica_url(1)}) {
    const answer said = send(url, request);
    INFO(request.method << ' ' << url << request.target << ' ' << request.body.substr(0, 500) << " -> " << said);
    CHECK(said.status() == status);
    CHECK(said.problem() == problem);
  }
}

void check_invalid(const laboratory& lab, const call& request, const std::set<std::string>& pointers) {
  const answer said = send(lab.public_url(), request);
  INFO(request.body.substr(0, 500) << " -> " << said);
  CHECK(said.status() == 422);
  CHECK(said.problem() == "validation-failed");
  CHECK(pointers_of(said) == pointers);
}

}  // namespace

TEST_CASE("400 malformed-request: what is not a JSON object", "[contract]") {
  const laboratory lab;
  lab.up();
  for (const std::string body :
       {"", "{", "nonsense", "{\"quantity\": 01}", "[]", "\"text\"", "1", "null", "{} {}", "{\"buyer\": \"\xff\"}"}) {
    check_problem(lab, with_json(verb::post, orders_path, body), 400, "malformed-request");
    check_problem(lab,
                  with_json(verb::put, "/api/v1/events/some-event", body,
                            {{"Authorization", "Bearer " + lab.secret("admin-token")}}),
                  400, "malformed-request");
  }
  const std::string deep(16000, '[');
  check_problem(lab, with_json(verb::post, orders_path, deep), 400, "malformed-request");
}

TEST_CASE("401 unauthorized and 403 forbidden: an event without the admin token", "[contract]") {
  const laboratory lab;
  lab.up();
  const std::string token = lab.secret("admin-token");
  for (const std::string none : {"", "Bearer", "Bearer ", "Basic dGlja2V0ZDp0aWNrZXRk"})
    check_problem(lab, put_event("not-mine", event_object(), none), 401, "unauthorized");
  for (const auto& wrong : {std::string("Bearer wrong"), "Bearer " + token + "x", "Bearer " + token.substr(1)})
    check_problem(lab, put_event("not-mine", event_object(), wrong), 403, "forbidden");
  check_problem(lab, get("/api/v1/events/not-mine"), 404, "not-found");
  // Who may not write it does not learn what is wrong with it either.
  check_problem(lab, put_event("not-mine", {}, "Bearer wrong"), 403, "forbidden");
}

TEST_CASE("404 not-found: paths, events and orders that are not", "[contract]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  std::string made_up = concert.buy().member("id");
  made_up.back() = made_up.back() == '0' ? '1' : '0';
  const std::string events_path = "/api/v1/events/";
  for (const std::string& path :
       {events_path + "no-such-event", events_path + "no-such-event/availability", events_path + "%2e%2e", events_path,
        orders_path + "/" + made_up, orders_path + "/00000000-0000-4000-8000-000000000000", orders_path + "/nonsense",
        orders_path + "/", std::string("/api/v1/nothing"), std::string("/api/v2/events")})
    check_problem(lab, get(path), 404, "not-found");
  CHECK(concert.breaches() == "");
}

TEST_CASE("404 not-found: what is on the roles' own ports is nobody's business at Nginx", "[contract]") {
  const laboratory lab;
  lab.up();
  for (const std::string path : {"/metrics", "/livez", "/readyz", "/api/v1/metrics", "/nginx_status"}) {
    INFO(path);
    CHECK(send(lab.public_url(), get(path)).problem() == "not-found");
  }
  CHECK(send(lab.replica_url(1), get("/metrics")).problem() == "not-found");
}

TEST_CASE("The pages are Nginx's, with a policy, and nothing else is beside them", "[contract]") {
  const laboratory lab;
  lab.up();
  for (const std::string path : {"/", "/organise"}) {
    INFO(path);
    const answer page = send(lab.public_url(), get(path));
    CHECK(page.status() == 200);
    CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.header("Cache-Control") == "no-cache");
    const std::string policy = page.header("Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(send(lab.replica_url(1), get(path)).problem() == "not-found");
  }
  CHECK(send(lab.public_url(), get("/storefront.json")).text() == R"({"provider":"sandbox"})");
  for (const std::string path : {"/index.html", "/organise/", "/assets/", "/assets/none/app.js", "/nginx.conf"})
    CHECK(send(lab.public_url(), get(path)).problem() == "not-found");
}

TEST_CASE("405 method-not-allowed: with the methods that are", "[contract]") {
  const laboratory lab;
  lab.up();
  struct wrong_method {
    verb method;
    std::string path;
    std::string allowed;
  };
  for (const auto& wrong :
       {wrong_method{verb::get, "/api/v1/orders", "POST, OPTIONS"},
        wrong_method{verb::delete_, "/api/v1/orders", "POST, OPTIONS"},
        wrong_method{verb::post, "/api/v1/events", "GET, HEAD, OPTIONS"},
        wrong_method{verb::post, "/api/v1/events/some-event", "GET, HEAD, PUT, OPTIONS"},
        wrong_method{verb::put, "/api/v1/events/some-event/availability", "GET, HEAD, OPTIONS"},
        wrong_method{verb::delete_, "/api/v1/orders/00000000-0000-4000-8000-000000000000", "GET, HEAD, OPTIONS"}}) {
    check_problem(lab, {wrong.method, wrong.path}, 405, "method-not-allowed");
    CHECK(send(lab.public_url(), {wrong.method, wrong.path}).header("Allow") == wrong.allowed);
  }
}

TEST_CASE("HEAD has the headers of GET and no body, and OPTIONS says what there is", "[contract]") {
  const laboratory lab;
  lab.up();
  const sale concert(lab);
  for (const auto& url : {lab.public_url(), lab.replica_url(1)}) {
    const std::string path = "/api/v1/events/" + concert.event_id();
    const answer got = send(url, get(path));
    const answer headed = send(url, {verb::head, path});
    CHECK(headed.status() == 200);
    CHECK(headed.text().empty());
    for (const std::string header : {"Content-Length", "Content-Type", "ETag", "Cache-Control"}) {
      CHECK(headed.header(header) == got.header(header));
      CHECK_FALSE(headed.header(header).empty());
    }
    const answer options = send(url, {verb::options, path});
    CHECK(options.status() == 204);
    CHECK(options.header("Allow") == "GET, HEAD, PUT, OPTIONS");
    CHECK(send(url, {verb::get, path, "", {{"If-None-Match", got.header("ETag")}}}).status() == 304);
  }
}

TEST_CASE("412 precondition-failed: of two who edit what they have read, the second is refused", "[contract]") {
  const laboratory lab;
  lab.up();
  const sale concert(lab);
  const std::string path = "/api/v1/events/" + concert.event_id();
  const std::string token = "Bearer " + lab.secret("admin-token");
  const auto put_if = [&](const std::string& name, const std::string& value, int limit) {
    return with_json(verb::put, path, json::serialize(event_object({.max_per_buyer = limit})),
                     {{"Authorization", token}, {name, value}});
  };
  const std::string etag = send(lab.public_url(), get(path)).header("ETag");
  std::vector<call> edits;
  for (int limit = 1; limit <= 8; ++limit) edits.push_back(put_if("If-Match", etag, limit));
  const auto answers = send_all(lab.replica_urls(), std::move(edits), 8);
  CHECK(count_of(answers, 200) == 1);
  CHECK(count_of(answers, 412) == 7);
  check_problem(lab, put_if("If-Match", etag, 9), 412, "precondition-failed");
  check_problem(lab, put_if("If-None-Match", "*", 9), 412, "precondition-failed");
  const answer now = send(lab.public_url(), get(path));
  for (const answer& each : answers)
    if (each.status() == 200) CHECK(each.header("ETag") == now.header("ETag"));
}

TEST_CASE("417 expectation-failed: what Nginx takes no notice of, it says too", "[contract]") {
  const laboratory lab;
  lab.up();
  check_problem(lab, {verb::get, "/api/v1/events", "", {{"Expect", "200-ok"}}}, 417, "expectation-failed");
}

TEST_CASE("Everything says for how long it may be kept, an order with its codes not at all", "[contract]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string id = concert.buy().member("id");
  CHECK(send(lab.public_url(), get(orders_path + "/" + id)).header("Cache-Control") == "no-store");
  CHECK(send(lab.public_url(), get(orders_path + "/nonsense")).header("Cache-Control") == "no-store");
  CHECK(send(lab.public_url(), get("/nothing")).header("Cache-Control") == "no-store");
  CHECK(send(lab.public_url(), get("/api/v1/events")).header("Cache-Control") == "max-age=1");
  REQUIRE(concert.settles());
  CHECK(concert.breaches() == "");
}

TEST_CASE("409: what is known at once to be refused", "[contract]") {
  const laboratory lab;
  lab.up();
  sale sold_out(lab, {.capacity = 0});
  CHECK(sold_out.buy().status() == 409);
  CHECK(sold_out.buy().problem() == "sold-out");
  sale too_early(lab, {.capacity = 10, .opens_at = "2098-01-01T00:00:00Z"});
  CHECK(too_early.buy().status() == 409);
  CHECK(too_early.buy().problem() == "sale-not-open");
  sale too_late(lab, {.capacity = 10, .closes_at = "2021-01-01T00:00:00Z"});
  CHECK(too_late.buy().status() == 409);
  CHECK(too_late.buy().problem() == "sale-closed");

  sale shrinking(lab, {.capacity = 10});
  REQUIRE(shrinking.buy({.email = "", .quantity = 5}).status() == 202);
  REQUIRE(shrinking.settles());
  const answer conflict = shrinking.plan({.capacity = 4});
  CHECK(conflict.status() == 409);
  CHECK(conflict.problem() == "capacity-conflict");
  CHECK(shrinking.plan({.capacity = 5}).status() == 200);
  CHECK(shrinking.breaches() == "");
}

TEST_CASE("413 body-too-large over 16 KiB, and members without a name here are ignored up to there", "[contract]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  constexpr std::size_t limit = 16 * 1024;
  json::object order = order_of(concert);
  order["padding"] = "";
  order["padding"] = std::string(limit - json::serialize(order).size(), 'x');
  const call largest = post(order);
  REQUIRE(largest.body.size() == limit);
  for (const auto& url : {lab.public_url(), lab.replica_url(1)}) {
    const auto answers = concert.rush({largest}, 1, {url});
    CHECK(answers.front().status() == 202);
  }
  call larger = largest;
  larger.body += ' ';
  check_problem(lab, larger, 413, "body-too-large");
  larger.body.append(1024 * 1024, ' ');
  check_problem(lab, larger, 413, "body-too-large");
  CHECK(concert.breaches() == "");
}

TEST_CASE("415 unsupported-media-type: a body that does not say it is JSON", "[contract]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string body = json::serialize(order_of(concert));
  for (const std::string type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp"})
    check_problem(lab, {verb::post, orders_path, body, {{"Content-Type", type}}}, 415, "unsupported-media-type");
  check_problem(lab, {verb::post, orders_path, body}, 415, "unsupported-media-type");
  const call polite{verb::post, orders_path, body, {{"Content-Type", "Application/JSON; charset=utf-8"}}};
  CHECK(concert.rush({polite}, 1, {lab.public_url()}).front().status() == 202);
  CHECK(concert.breaches() == "");
}

TEST_CASE("422 validation-failed: every member of a purchase that is missing or wrong", "[contract]") {
  const laboratory lab;
  lab.up();
  const sale concert(lab, {.capacity = 100, .max_per_buyer = 4});
  const auto with = [&](const std::string& member, json::value value) {
    json::object order = order_of(concert);
    order[member] = std::move(value);
    return post(order);
  };
  const auto with_buyer = [&](const std::string& member, json::value value) {
    json::object order = order_of(concert);
    order["buyer"].as_object()[member] = std::move(value);
    return post(order);
  };

  check_invalid(lab, post({}), {"/event_id", "/category_id", "/quantity", "/buyer"});
  for (const std::string member : {"event_id", "category_id", "quantity", "buyer"}) {
    json::object order = order_of(concert);
    order.erase(member);
    check_invalid(lab, post(order), {"/" + member});
    check_invalid(lab, with(member, nullptr), {"/" + member});
    check_invalid(lab, with(member, json::array{}), {"/" + member});
  }
  for (const json::value& quantity :
       {json::value(0), json::value(-1), json::value(5), json::value(1.5), json::value("1"), json::value(true),
        json::value(2147483648), json::value(-2147483649), json::value(4294967297), json::value(18446744073709551615U),
        json::value(1e300)})
    check_invalid(lab, with("quantity", quantity), {"/quantity"});
  for (const json::value& event : {json::value("no-such-event"), json::value(""), json::value("Upper"), json::value(7),
                                   json::value(std::string(65, 'a')), json::value("a'; DROP TABLE orders; --")})
    check_invalid(lab, with("event_id", event), {"/event_id"});
  for (const json::value& name : {json::value("no-such-category"), json::value(""), json::value(1)})
    check_invalid(lab, with("category_id", name), {"/category_id"});

  check_invalid(lab, with("buyer", json::object{}), {"/buyer/name", "/buyer/email"});
  for (const json::value& name :
       {json::value(""), json::value("  "), json::value(1), json::value("a\nb"), json::value(std::string("a\0b", 3)),
        json::value("\x7f"), json::value(std::string(1000, 'n'))})
    check_invalid(lab, with_buyer("name", name), {"/buyer/name"});
  for (const json::value& email :
       {json::value(""), json::value("nobody"), json::value("@example.com"), json::value("ada@"),
        json::value("a b@c.d"), json::value("a@b@c.d"), json::value(std::string("a\0@c.d", 6)), json::value(1),
        json::value(std::string(300, 'a') + "@example.com"), json::value("ada@exam..ple.com")})
    check_invalid(lab, with_buyer("email", email), {"/buyer/email"});
  CHECK(concert.rows() == 0);
}

TEST_CASE("An event reads as it was written, on every replica, as soon as the writer is answered", "[contract]") {
  const laboratory lab;
  lab.up();
  const std::string id = "written-" + sale(lab).event_id();
  const std::string token = "Bearer " + lab.secret("admin-token");
  for (const auto& replica : lab.replica_urls())
    REQUIRE(send(replica, get("/api/v1/events/" + id)).status() == 404);  // and now each knows that it is not there
  for (int limit = 1; limit <= 5; ++limit) {
    const answer written = send(lab.public_url(), put_event(id, event_object({.max_per_buyer = limit}), token));
    CHECK(written.status() == (limit == 1 ? 201 : 200));
    CHECK(written.json().at("max_per_buyer") == limit);
    for (const auto& replica : lab.replica_urls())
      CHECK(send(replica, get("/api/v1/events/" + id)).json().at("max_per_buyer") == limit);
  }
}

TEST_CASE("422 validation-failed: an Idempotency-Key is 1 to 255 visible ASCII characters", "[contract]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const auto with_key = [&](const std::string& key) { return post(order_of(concert), {{"Idempotency-Key", key}}); };
  for (const std::string& key :
       {std::string(256, 'k'), std::string("a key"), std::string("cl\xc3\xa9"), std::string("a\tb")})
    check_invalid(lab, with_key(key), {""});
  // Nginx cannot tell an empty key from none, and gives the order one.
  CHECK(send(lab.replica_url(1), with_key("")).problem() == "validation-failed");

  std::string every_character;
  for (char c = 0x21; c < 0x7f; ++c) every_character += c;
  for (const auto& key : {std::string(255, 'k'), std::string("k"), every_character})
    CHECK(concert.rush({with_key(key)}, 1, {lab.public_url()}).front().status() == 202);
  CHECK(concert.breaches() == "");
}

TEST_CASE("422 validation-failed: every member of an event that is missing or wrong", "[contract]") {
  const laboratory lab;
  lab.up();
  const std::string token = "Bearer " + lab.secret("admin-token");
  const auto with = [&](const std::string& member, json::value value) {
    json::object event = event_object();
    event[member] = std::move(value);
    return put_event("wrong-event", event, token);
  };
  const auto with_category = [&](const std::string& member, json::value value) {
    json::object event = event_object();
    event["categories"].as_array()[0].as_object()[member] = std::move(value);
    return put_event("wrong-event", event, token);
  };

  check_invalid(
      lab, put_event("wrong-event", {}, token),
      {"/name", "/venue", "/starts_at", "/sale_opens_at", "/sale_closes_at", "/max_per_buyer", "/categories"});
  check_invalid(lab, put_event("Wrong_Event", event_object(), token), {""});
  check_invalid(lab, with("name", ""), {"/name"});
  check_invalid(lab, with("venue", 1), {"/venue"});
  check_invalid(lab, with("starts_at", "tomorrow"), {"/starts_at"});
  check_invalid(lab, with("sale_opens_at", "2027-02-30T10:00:00Z"), {"/sale_opens_at"});
  check_invalid(lab, with("sale_closes_at", "2020-01-01T00:00:00Z"), {"/sale_closes_at"});
  check_invalid(lab, with("max_per_buyer", 0), {"/max_per_buyer"});
  check_invalid(lab, with("categories", json::array{}), {"/categories"});
  check_invalid(lab, with("categories", json::array{1}), {"/categories/0"});
  const auto standing = event_object().at("categories").at(0);
  check_invalid(lab, with("categories", json::array{standing, standing}), {"/categories/1/id"});
  check_invalid(lab, with_category("id", "No Slug"), {"/categories/0/id"});
  check_invalid(lab, with_category("capacity", -1), {"/categories/0/capacity"});
  check_invalid(lab, with_category("price", 1), {"/categories/0/price"});
  check_invalid(lab, with_category("price", json::object{{"amount", -1}, {"currency", "lira"}}),
                {"/categories/0/price/amount", "/categories/0/price/currency"});
  CHECK(send(lab.public_url(), get("/api/v1/events/wrong-event")).status() == 404);
}

TEST_CASE("429 too-many-requests: one address beyond its rate, told when to come back", "[contract]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_RATE_LIMIT_EXEMPT", "off"}, {"TICKETD_RATE_LIMIT", "5"}, {"TICKETD_RATE_LIMIT_BURST", "20"}});
  std::vector<call> calls(100, get("/api/v1/events"));
  const auto answers = send_all({lab.public_url()}, std::move(calls), 10);
  const auto refused = count_of(answers, 429);
  CHECK(refused >= 60);
  CHECK(count_of(answers, 200) == 100 - refused);
  for (const answer& each : answers) {
    if (each.status() != 429) continue;
    CHECK(each.problem() == "too-many-requests");
    CHECK_FALSE(each.header("Retry-After").empty());
    CHECK(each.header("RateLimit-Policy") == R"("address";q=5;w=1)");
    CHECK(each.header("RateLimit") == R"("address";r=0;t=1)");
  }
  CHECK(eventually([&] { return send(lab.public_url(), get("/api/v1/events")).status() == 200; }));
}
