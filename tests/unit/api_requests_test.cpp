// What the edge reads of a request, and what it says of one that is wrong.
#include "api/event_request.hpp"
#include "api/json_members.hpp"
#include "api/order_request.hpp"
#include "support/catch2.hpp"

#include <string>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;

namespace {

const std::string good_order =
    R"({"event_id":"gig","category_id":"standing","quantity":2,"buyer":{"name":"Ada","email":"Ada@Example.com"}})";

const std::string good_event =
    R"({"name":"Gig","venue":"Hall","starts_at":"2027-07-17T18:00:00Z","sale_opens_at":"2027-01-05T10:00:00Z",)"
    R"("sale_closes_at":"2027-07-17T18:00:00Z","max_per_buyer":4,)"
    R"("categories":[{"id":"standing","name":"Standing","price":{"amount":1000,"currency":"TRY"},"capacity":10}]})";

constexpr domain::charge_bounds takes{.least = 50, .most = 99'999'999};

http::request with_body(std::string body, const std::string& type = "application/json") {
  http::request request;
  request.set(http::field::content_type, type);
  request.body() = std::move(body);
  return request;
}

std::string but(std::string text, const std::string& piece, const std::string& by) {
  REQUIRE(text.find(piece) != text.npos);
  return text.replace(text.find(piece), piece.size(), by);
}

// What is wrong with it, as pointers; "status" alone where it is not about members.
template <class Parsed>
std::vector<std::string> complaints(const Parsed& parsed) {
  const auto* problem = std::get_if<http::problem>(&parsed);
  if (problem == nullptr) return {};
  std::vector<std::string> pointers;
  for (const auto& error : problem->errors) pointers.push_back(error.pointer);
  if (pointers.empty()) pointers.push_back(std::to_string(http::make_problem(*problem).result_int()));
  return pointers;
}

using pointers = std::vector<std::string>;

pointers wrong_in_order(const std::string& piece, const std::string& by) {
  return complaints(parse_order_request(with_body(but(good_order, piece, by))));
}

pointers wrong_in_event(const std::string& piece, const std::string& by) {
  return complaints(parse_event_request(with_body(but(good_event, piece, by)), "gig", takes));
}

}  // namespace

TEST_CASE("an order is read with its headers, and the address in one form", "[api]") {
  auto request = with_body(good_order);
  request.set("Idempotency-Key", "key-1");
  request.set("traceparent", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\xff");
  const auto purchase = std::get<orders::purchase_request>(parse_order_request(request));
  CHECK(purchase.event_id == "gig");
  CHECK(purchase.category_id == "standing");
  CHECK(purchase.quantity == 2);
  CHECK(purchase.buyer.name == "Ada");
  CHECK(purchase.buyer.email == "ada@example.com");
  CHECK(purchase.idempotency_key == "key-1");
  CHECK(purchase.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

  auto untraced = with_body(good_order, "Application/JSON ; charset=utf-8");
  untraced.set("traceparent", "anything");
  const auto plain = std::get<orders::purchase_request>(parse_order_request(untraced));
  CHECK(plain.idempotency_key.empty());
  CHECK(plain.traceparent.empty());
}

TEST_CASE("an order says of each member what is wrong with it", "[api]") {
  CHECK(wrong_in_order("\"gig\"", "\"Gig\"") == pointers{"/event_id"});
  CHECK(wrong_in_order("\"event_id\":\"gig\",", "") == pointers{"/event_id"});
  CHECK(wrong_in_order("\"standing\"", "null") == pointers{"/category_id"});
  for (const auto* quantity : {"0", "-1", "1000001", "1.0", "\"2\"", "null", "4294967298", "18446744073709551617"})
    CHECK(wrong_in_order(":2,", ":" + std::string(quantity) + ",") == pointers{"/quantity"});
  CHECK(wrong_in_order("\"Ada\"", "\"\"") == pointers{"/buyer/name"});
  CHECK(wrong_in_order("\"Ada\"", R"("A\u0000")") == pointers{"/buyer/name"});
  CHECK(wrong_in_order("Ada@Example.com", "nobody") == pointers{"/buyer/email"});
  CHECK(wrong_in_order(R"({"name":"Ada","email":"Ada@Example.com"})", "7") == pointers{"/buyer"});
  CHECK(wrong_in_order("{\"event_id\":\"gig\",\"category_id\":\"standing\",\"quantity\":2,", "{") ==
        pointers{"/event_id", "/category_id", "/quantity"});
}

TEST_CASE("an order may say what the buyer was shown, and what is to be charged", "[api]") {
  const auto with = [](const std::string& members) {
    return parse_order_request(with_body(but(good_order, "{\"event_id\"", "{" + members + ",\"event_id\"")));
  };
  const auto purchase = std::get<orders::purchase_request>(
      with(R"("price":{"amount":1000,"currency":"TRY"},"payment_method":"pm_card_visa")"));
  CHECK(purchase.price == domain::money{1000, "TRY"});
  CHECK(purchase.payment_method == "pm_card_visa");
  const auto plain = std::get<orders::purchase_request>(parse_order_request(with_body(good_order)));
  CHECK_FALSE(plain.price);
  CHECK(plain.payment_method.empty());
  CHECK(complaints(with(R"("price":null)")) == pointers{"/price"});
  CHECK(complaints(with(R"("price":{"amount":-1,"currency":"TRY"})")) == pointers{"/price/amount"});
  CHECK(complaints(with(R"("price":{"amount":1})")) == pointers{"/price/currency"});
  for (const auto* method : {"\"\"", "\"pm card\"", "7", "null"})
    CHECK(complaints(with("\"payment_method\":" + std::string(method))) == pointers{"/payment_method"});
}

TEST_CASE("a key is one header of visible ASCII", "[api]") {
  for (const auto& key : {std::string("a key"), std::string("\xc3\xa2"), std::string(256, 'a')}) {
    auto request = with_body(good_order);
    request.set("Idempotency-Key", key);
    CHECK(complaints(parse_order_request(request)) == pointers{""});
  }
  auto twice = with_body(good_order);
  twice.insert("Idempotency-Key", "a");
  twice.insert("Idempotency-Key", "b");
  CHECK(complaints(parse_order_request(twice)) == pointers{""});
}

TEST_CASE("a body that is no JSON object is told so", "[api]") {
  CHECK(complaints(parse_order_request(with_body(good_order, "text/plain"))) == pointers{"415"});
  CHECK(complaints(parse_order_request(with_body(good_order, ""))) == pointers{"415"});
  for (const auto* body : {"", "{", "[]", "null", "\"text\"", "{\"a\":\"\xff\"}", "{} x"}) {
    CHECK(complaints(parse_order_request(with_body(body))) == pointers{"400"});
    CHECK(complaints(parse_event_request(with_body(body), "gig", takes)) == pointers{"400"});
  }
}

TEST_CASE("an event is read as it is defined", "[api]") {
  const auto event = std::get<domain::event_definition>(parse_event_request(with_body(good_event), "gig", takes));
  CHECK(event.id == "gig");
  CHECK(event.name == "Gig");
  CHECK(event.venue == "Hall");
  CHECK(domain::to_rfc3339(event.starts_at) == "2027-07-17T18:00:00Z");
  CHECK(domain::to_rfc3339(event.sale.opens_at) == "2027-01-05T10:00:00Z");
  CHECK(domain::to_rfc3339(event.sale.closes_at) == "2027-07-17T18:00:00Z");
  CHECK(event.max_per_buyer == 4);
  REQUIRE(event.categories.size() == 1);
  CHECK(event.categories[0].id == "standing");
  CHECK(event.categories[0].name == "Standing");
  CHECK(event.categories[0].price == domain::money{1000, "TRY"});
  CHECK(event.categories[0].capacity == 10);
}

TEST_CASE("an event says of each member what is wrong with it", "[api]") {
  CHECK(complaints(parse_event_request(with_body(good_event), "Gig!", takes)) == pointers{""});
  CHECK(wrong_in_event("\"Gig\"", "7") == pointers{"/name"});
  CHECK(wrong_in_event("\"Hall\"", "\" \"") == pointers{"/venue"});
  CHECK(wrong_in_event("\"starts_at\":\"2027-07-17T18:00:00Z\"", "\"starts_at\":\"soon\"") == pointers{"/starts_at"});
  CHECK(wrong_in_event("\"2027-01-05T10:00:00Z\"", "7") == pointers{"/sale_opens_at"});
  CHECK(wrong_in_event("2027-01-05T10:00:00Z", "2027-07-17T18:00:00Z") == pointers{"/sale_closes_at"});
  CHECK(wrong_in_event(":4,", ":0,") == pointers{"/max_per_buyer"});
  CHECK(wrong_in_event("{\"id\":\"standing\"", "7,{\"id\":\"standing\"") == pointers{"/categories/0"});
  CHECK(wrong_in_event("\"id\":\"standing\"", "\"id\":\"Standing\"") == pointers{"/categories/0/id"});
  CHECK(wrong_in_event("\"amount\":1000", "\"amount\":-1") == pointers{"/categories/0/price/amount"});
  CHECK(wrong_in_event("\"TRY\"", "\"TL\"") == pointers{"/categories/0/price/currency"});
  for (const auto* code : {"try", "TRL", "XXX", "XTS", "XAU", "ABC", "ANG", "BGN"})
    CHECK(wrong_in_event("\"TRY\"", "\"" + std::string(code) + "\"") == pointers{"/categories/0/price/currency"});
  for (const auto* code : {"EUR", "USD", "JPY", "KWD"})
    CHECK(wrong_in_event("\"TRY\"", "\"" + std::string(code) + "\"").empty());
  CHECK(wrong_in_event("\"TRY\"", "7") == pointers{"/categories/0/price/currency"});
  CHECK(wrong_in_event("\"capacity\":10", "\"capacity\":10000001") == pointers{"/categories/0/capacity"});
  CHECK(wrong_in_event("\"price\":{\"amount\":1000,\"currency\":\"TRY\"},", "") == pointers{"/categories/0/price"});
  CHECK(wrong_in_event(
            R"([{"id":"standing","name":"Standing","price":{"amount":1000,"currency":"TRY"},"capacity":10}])", "[]") ==
        pointers{"/categories"});
  const std::string category =
      R"({"id":"standing","name":"Standing","price":{"amount":1000,"currency":"TRY"},"capacity":10})";
  CHECK(wrong_in_event(category, category + "," + category) == pointers{"/categories/1/id"});
}

TEST_CASE("an event's prices are what the provider takes, or nothing", "[api]") {
  const auto wrong_at = [](const std::string& amount) {
    return wrong_in_event("\"amount\":1000", "\"amount\":" + amount);
  };
  for (const auto* free_or_dear : {"0", "50", "24999999"}) CHECK(wrong_at(free_or_dear).empty());
  for (const auto* amount : {"1", "49", "100000000", "-1", "1000000000001"})
    CHECK(wrong_at(amount) == pointers{"/categories/0/price/amount"});
  // Each of them could be charged, but not as many as one buyer may have.
  CHECK(wrong_at("25000000") == pointers{"/max_per_buyer"});
}
