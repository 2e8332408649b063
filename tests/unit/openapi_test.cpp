// The API's document, roles/api/openapi.json, held against what it describes, both ways: what is missing in it, and
// what it makes up. That running servers answer as it says is tests/openapi's.
#include "api/description.hpp"
#include "api/endpoints.hpp"
#include "api/event_page.hpp"
#include "api/views.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/event_definition.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/observability/build.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;

namespace {

namespace json = boost::json;
using names = std::set<std::string>;

const json::value& document() {
  static const json::value parsed = json::parse(openapi_document());
  return parsed;
}

// Where "#/components/..." leads, else the value itself.
const json::value& resolved(const json::value& value) {
  const auto* object = value.if_object();
  const auto* reference = object ? object->if_contains("$ref") : nullptr;
  if (!reference) return value;
  const std::string_view target = reference->get_string();
  REQUIRE(target.starts_with("#/"));
  return document().at_pointer(target.substr(1));
}

const json::value& schema(const std::string& name) { return document().at_pointer("/components/schemas/" + name); }

// An operation by "GET /path".
using operation_map = std::map<std::string, json::object>;

const operation_map& operations() {
  static const operation_map all = [] {
    operation_map found;
    for (const auto& path : document().at("paths").as_object())
      for (const auto& method : path.value().as_object())
        found.emplace(boost::to_upper_copy(std::string(method.key())) + " " + std::string(path.key()),
                      method.value().as_object());
    return found;
  }();
  return all;
}

// Each answer of an operation, by its status.
void each_answer(
    const std::function<void(const std::string& of, const std::string& status, const json::object&)>& look) {
  for (const auto& [name, operation] : operations())
    for (const auto& answer : operation.at("responses").as_object())
      look(name, std::string(answer.key()), resolved(answer.value()).as_object());
}

names members_of(const json::value& object) {
  names members;
  for (const auto& member : object.as_object()) members.emplace(member.key());
  return members;
}

names texts_of(const json::value& array) {
  names texts;
  for (const auto& text : array.as_array())
    if (text.is_string()) texts.emplace(text.as_string());
  return texts;
}

// The members of an object that a schema describes, those of its parts included.
names described_by(const json::value& of, const char* keyword) {
  names members;
  const auto& wanted = resolved(of).as_object();
  if (const auto* found = wanted.if_contains(keyword))
    members = found->is_object() ? members_of(*found) : texts_of(*found);
  if (const auto* parts = wanted.if_contains("allOf"))
    for (const auto& part : parts->as_array()) members.merge(described_by(part, keyword));
  return members;
}

void check_rendered(const std::string& text, const std::string& schema_name) {
  INFO(schema_name << ": " << text);
  const auto rendered = members_of(json::parse(text));
  CHECK(rendered == described_by(schema(schema_name), "properties"));
  CHECK(rendered == described_by(schema(schema_name), "required"));
}

// The table of problems, as it stands in its header: "409 sold-out There are not enough tickets left".
names problem_table() {
  names rows;
  const test::pattern line(R"re(\b[a-z_]+ *\{"([^"]+)", *([0-9]+), *"([^"]+)"\}[,;])re");
  for (const auto& row : line.all_in(test::read_document("roles/problems.hpp")))
    rows.insert(row[2] + " " + row[1] + " " + row[3]);
  return rows;
}

std::string row_of(const json::value& problem) {
  const std::string type(problem.at("type").as_string());
  const std::string urn = "urn:ticketd:problem:";
  REQUIRE(type.starts_with(urn));
  return std::to_string(problem.at("status").as_int64()) + " " + type.substr(urn.size()) + " " +
         std::string(problem.at("title").as_string());
}

std::int64_t number(const std::string& pointer) { return document().at_pointer(pointer).as_int64(); }

}  // namespace

TEST_CASE("the API's document is the one beside its code, of this version", "[openapi]") {
  CHECK(openapi_document() == test::read_document("roles/api/openapi.json"));
  CHECK(document().at("openapi").as_string().starts_with("3.1."));
  CHECK(document().at("info").at("version").as_string() == observability::this_build().version);
}

TEST_CASE("the API's document is sent to whoever does not know it", "[openapi]") {
  http::request request(http::verb::get, "/api/v1/openapi.json", 11);
  const auto first = describe_api(request);
  CHECK(first.result() == http::status::ok);
  CHECK(first[http::field::content_type] == "application/json");
  CHECK(first[http::field::cache_control] == "max-age=3600");
  CHECK(first.body() == openapi_document());
  request.set(http::field::if_none_match, first[http::field::etag]);
  const auto again = describe_api(request);
  CHECK(again.result() == http::status::not_modified);
  CHECK(again.body().empty());
  CHECK(again[http::field::etag] == first[http::field::etag]);
  CHECK(again[http::field::cache_control] == first[http::field::cache_control]);
}

TEST_CASE("the API's document describes the rows of the endpoint table, and nothing else", "[openapi]") {
  names rows;
  for (const auto& row : endpoints()) {
    const auto name = std::string(to_string(row.method)) + " " + std::string(row.pattern);
    INFO(name);
    rows.insert(name);
    REQUIRE(operations().contains(name));
    const auto& operation = operations().at(name);
    CHECK(operation.at("x-body-bytes-max").to_number<std::size_t>() == row.body_max);
    CHECK(operation.contains("requestBody") == (row.method != http::verb::get));
    CHECK(operation.contains("security") == (row.guard == guard::admin));
    CHECK(operation.at("responses").as_object().contains("401") == (row.guard == guard::admin));
    names in_path;
    if (const auto* parameters = operation.if_contains("parameters"))
      for (const auto& each : parameters->as_array())
        if (resolved(each).at("in").as_string() == "path") in_path.emplace(resolved(each).at("name").as_string());
    const auto placeholders = test::pattern(R"(\{([^}]+)\})").captures_in(std::string(row.pattern));
    CHECK(in_path == names(placeholders.begin(), placeholders.end()));
  }
  for (const auto& [name, operation] : operations()) {
    INFO(name);
    CHECK(rows.contains(name));
  }
}

TEST_CASE("the API's document has an example of each problem of the table, and of no other", "[openapi]") {
  names described;
  for (const auto& example : document().at_pointer("/components/examples").as_object()) {
    const auto row = row_of(example.value().at("value"));
    INFO(row);
    CHECK(row.find(" " + std::string(example.key()) + " ") != std::string::npos);
    described.insert(row);
  }
  CHECK(described == problem_table());
}

TEST_CASE("each problem is an answer of its status in the API's document", "[openapi]") {
  names answered;
  each_answer([&](const std::string& of, const std::string& status, const json::object& answer) {
    if (status < "400") return;
    INFO(of << " " << status);
    const auto& content = answer.at("content").as_object();
    CHECK(members_of(content) == names{"application/problem+json"});
    names types;
    for (const auto& example : content.at("application/problem+json").at("examples").as_object()) {
      const auto& problem = resolved(example.value()).at("value");
      const auto row = row_of(problem);
      CHECK(row.starts_with(status + " "));
      answered.insert(row);
      types.emplace(problem.at("type").as_string());
    }
    // The schema lets through the types that there are examples of.
    const auto& narrowed = content.at("application/problem+json").at_pointer("/schema/allOf/1/properties");
    const auto* one = narrowed.at("type").as_object().if_contains("const");
    CHECK(types == (one ? names{std::string(one->as_string())} : texts_of(narrowed.at("type").at("enum"))));
    CHECK(std::to_string(narrowed.at("status").at("const").as_int64()) == status);
    const auto* headers = answer.if_contains("headers");
    const auto has = [&](const char* name) { return headers && headers->as_object().contains(name); };
    CHECK(has("Retry-After") == (status == "429" || status == "503"));
    CHECK(has("WWW-Authenticate") == (status == "401"));
    CHECK(has("Allow") == (status == "405"));
  });
  CHECK(answered == problem_table());
}

TEST_CASE("what Nginx says in the api's place is an answer of every operation in the API's document", "[openapi]") {
  const auto answers =
      test::pattern(R"(location = /\.problem/([0-9]+))").captures_in(test::read_document("deploy/nginx.conf"));
  CHECK(answers.size() >= 10);
  for (const auto& [name, operation] : operations())
    for (const auto& status : answers) {
      INFO(name << " " << status);
      if (status != "404") CHECK(operation.at("responses").as_object().contains(status));  // of what is not below /api/
    }
}

TEST_CASE("everything in the API's document has an example", "[openapi]") {
  const auto check_content = [](const json::object& holder) {
    const auto* content = holder.if_contains("content");
    if (!content) return;
    for (const auto& type : content->as_object()) CHECK(!type.value().at("examples").as_object().empty());
  };
  each_answer([&](const std::string& of, const std::string& status, const json::object& answer) {
    INFO(of << " " << status);
    check_content(answer);
    CHECK((answer.contains("content") == (status != "204" && status != "304")));
  });
  for (const auto& [name, operation] : operations()) {
    INFO(name);
    if (const auto* body = operation.if_contains("requestBody")) check_content(resolved(*body).as_object());
  }
  for (const auto* kind : {"parameters", "headers"})
    for (const auto& each : document().at("components").at(kind).as_object()) {
      INFO(kind << " " << each.key());
      CHECK(each.value().as_object().contains("example"));
    }
}

TEST_CASE("the API's document has the limits that the code has", "[openapi]") {
  const std::string purchase = "/components/schemas/Purchase/properties";
  const std::string event = "/components/schemas/EventDefinition/properties";
  const std::string category = "/components/schemas/CategoryDefinition/properties";
  CHECK(number(purchase + "/quantity/maximum") == domain::event_max_per_buyer_max);
  CHECK(number(purchase + "/buyer/properties/name/maxLength") == domain::buyer_name_bytes_max);
  CHECK(number(event + "/name/maxLength") == domain::event_text_bytes_max);
  CHECK(number(event + "/venue/maxLength") == domain::event_text_bytes_max);
  CHECK(number(event + "/max_per_buyer/maximum") == domain::event_max_per_buyer_max);
  CHECK(number(event + "/categories/maxItems") == domain::event_categories_max);
  CHECK(number(category + "/name/maxLength") == domain::event_text_bytes_max);
  CHECK(number(category + "/capacity/maximum") == domain::category_capacity_max);
  CHECK(number("/components/schemas/Price/allOf/1/properties/amount/maximum") == domain::price_amount_max);
  CHECK(number("/components/parameters/Limit/schema/maximum") == page_events_max);
  CHECK(number("/components/parameters/Limit/schema/default") == page_events_default);

  const auto is_longest = [](const std::string& pointer, std::size_t bytes) {
    const test::pattern form(std::string(document().at_pointer(pointer).as_string()));
    return form.fits(std::string(bytes, 'a')) && !form.fits(std::string(bytes + 1, 'a'));
  };
  CHECK(is_longest("/components/schemas/Slug/pattern", domain::slug_bytes_max));
  CHECK(is_longest(purchase + "/payment_method/pattern", domain::payment_method_bytes_max));
  CHECK(is_longest("/components/parameters/IdempotencyKey/schema/pattern", domain::idempotency_key_bytes_max));
}

TEST_CASE("the API's document has the states and reasons that the code has", "[openapi]") {
  using domain::order_reason;
  using domain::order_status;
  using domain::sale_status;
  names settled, reasons, sales;
  for (const auto status : {order_status::reserved, order_status::confirmed, order_status::rejected,
                            order_status::payment_failed, order_status::expired})
    settled.emplace(to_string(status));
  for (const auto reason :
       {order_reason::sold_out, order_reason::limit_exceeded, order_reason::sale_not_open, order_reason::sale_closed,
        order_reason::not_available, order_reason::payment_declined, order_reason::hold_expired})
    reasons.emplace(to_string(reason));
  for (const auto status : {sale_status::scheduled, sale_status::on_sale, sale_status::sold_out, sale_status::closed})
    sales.emplace(to_string(status));
  const auto& order = schema("Order").at("properties");
  CHECK(texts_of(order.at("status").at("enum")) == settled);
  CHECK(texts_of(order.at("reason").at("enum")) == reasons);
  CHECK(texts_of(schema("SaleStatus").at("enum")) == sales);
  CHECK(schema("QueuedOrder").at_pointer("/properties/status/const").as_string() == to_string(order_status::queued));
  // An example for each state that an order may be read in.
  settled.emplace(to_string(order_status::queued));
  const auto& read = operations().at("GET /api/v1/orders/{order_id}").at("responses").at("200");
  CHECK(members_of(read.at_pointer("/content/application~1json/examples")) == settled);
}

TEST_CASE("what is rendered has the members that the API's document says, all of them", "[openapi]") {
  domain::event_snapshot event;
  event.categories.emplace_back();
  check_rendered(render_event(event, {}), "Event");
  check_rendered(render_availability(event, {}), "Availability");
  const auto availability = json::parse(render_availability(event, {}));
  check_rendered(json::serialize(availability.at("categories").at(0)), "CategoryAvailability");
  const auto shared = std::make_shared<const domain::event_snapshot>(event);
  const auto list = render_events(std::vector{shared}, {});
  check_rendered(list, "EventList");
  check_rendered(json::serialize(json::parse(list).at("events").at(0)), "EventSummary");

  domain::order_view order;
  order.tickets.emplace_back();
  order.invoice_number = "GIG-000001";
  check_rendered(render_order(order), "Order");
  const auto rendered = json::parse(render_order(order));
  check_rendered(json::serialize(rendered.at("tickets").at(0)), "Ticket");
  check_rendered(json::serialize(rendered.at("total")), "Money");
  check_rendered(render_queued(order.id), "QueuedOrder");
}
