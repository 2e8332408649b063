// What the edge reads of a request, and what it says of one that is wrong.
#include "api/event_request.hpp"
#include "api/json_members.hpp"
#include "api/order_request.hpp"
#include "support/catch2.hpp"
#include "support/request_bodies.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;
using test::but;

namespace {

const std::string good_order = test::purchase_body;
const std::string good_event = test::event_body;

constexpr domain::charge_bounds takes{.least = 50, .most = 99'999'999};

http::request with_body(std::string body, const std::string& type = "application/json") {
  http::request request;
  request.set(http::field::content_type, type);
  request.body() = std::move(body);
  return request;
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
  for (const auto* quantity : {"0", "-1", "1000001", "1.5", "2e-1", "1e400", "-1e0", "0.0", "\"2\"", "null",
                               "4294967298", "18446744073709551617"})
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

TEST_CASE("a whole number is one however it is written", "[api]") {
  for (const auto* quantity : {"2", "2.0", "2.000", "2e0", "0.2e1", "20E-1", "2.0E+0"}) {
    const auto purchase = parse_order_request(with_body(but(good_order, ":2,", ":" + std::string(quantity) + ",")));
    REQUIRE(std::holds_alternative<orders::purchase_request>(purchase));
    CHECK(std::get<orders::purchase_request>(purchase).quantity == 2);
  }
}

TEST_CASE("a member that is read stands once, and one that nobody reads as often as it likes", "[api]") {
  const auto with = [](const std::string& members) {
    return complaints(
        parse_order_request(with_body(but(good_order, "{\"event_id\"", "{" + members + ",\"event_id\""))));
  };
  CHECK(with(R"("quantity":1)") == pointers{"/quantity"});
  CHECK(with(R"("quan\u0074ity":2)") == pointers{"/quantity"});
  CHECK(with(R"("buyer":{"name":"Bob","email":"bob@example.com"})") == pointers{"/buyer"});
  CHECK(wrong_in_order("\"name\":\"Ada\"", R"("name":"Ada","name":"Ada")") == pointers{"/buyer/name"});
  CHECK(wrong_in_event("\"capacity\":10", R"("capacity":10,"capacity":11)") == pointers{"/categories/0/capacity"});
  CHECK(with(R"("x":1,"x":2,"y":{"quantity":1,"quantity":2},"buyer/name":1,"buyer/name":2)").empty());
  CHECK(with(R"("":1,"z":[{"quantity":1},{"quantity":2}])").empty());
}

TEST_CASE("an order says why a name or an address is none", "[api]") {
  const auto why = [](const std::string& piece, const std::string& by) {
    const auto parsed = parse_order_request(with_body(but(good_order, piece, by)));
    const auto* problem = std::get_if<http::problem>(&parsed);
    return problem && problem->errors.size() == 1 ? problem->errors[0].pointer + " " + problem->errors[0].detail : "";
  };
  CHECK(why("\"Ada\"", "\"\"") == "/buyer/name must be 1 to 200 bytes of UTF-8, and has 0");
  CHECK(why("\"Ada\"", '"' + std::string(201, 'a') + '"') ==
        "/buyer/name must be 1 to 200 bytes of UTF-8, and has 201");
  for (const auto* blank : {"\" \"", "\"\u00a0\"", R"("\u200b\u200d")", R"("\ufeff")", R"("\u3164")"})
    CHECK(why("\"Ada\"", blank) == "/buyer/name must have a character that can be seen");
  CHECK(why("\"Ada\"", R"("A\nB")") == "/buyer/name must be text without control characters");
  CHECK(why("Ada@Example.com", "nobody") == "/buyer/email must be an email address: it has no @");
  CHECK(why("Ada@Example.com", "a b@c") ==
        "/buyer/email must be an email address: before the @ stands a character that no address has");
}

TEST_CASE("an address is read in its one form, spaces, capitals and all", "[api]") {
  for (const auto& [written, read] : {std::pair("  Ada@Example.com ", "ada@example.com"),
                                      {"ada@\u00d6rnek.com.tr", "ada@xn--rnek-4qa.com.tr"},
                                      {"I\u015f\u0131k@example.com", "i\u015f\u0131k@example.com"}}) {
    const auto purchase = parse_order_request(with_body(but(good_order, "Ada@Example.com", written)));
    REQUIRE(std::holds_alternative<orders::purchase_request>(purchase));
    CHECK(std::get<orders::purchase_request>(purchase).buyer.email == read);
  }
}

TEST_CASE("what is JSON is read, and what is none is refused: by what JSONTestSuite is about", "[api]") {
  const auto outcome = [](const std::string& value) {
    return complaints(
        parse_order_request(with_body(but(good_order, "{\"event_id\"", "{\"x\":" + value + ",\"event_id\""))));
  };
  for (const std::string good : {"[]",
                                 "{}",
                                 "[ ]",
                                 "[[]]",
                                 "[null, 1, \"1\", {}]",
                                 "[1\n]",
                                 " [1] ",
                                 "0",
                                 "-0",
                                 "0e+1",
                                 "0e1",
                                 "20e1",
                                 "123.456e78",
                                 "-123",
                                 "1E22",
                                 "1E-2",
                                 "1E+2",
                                 "1e-400",
                                 "1e400",
                                 "-1e400",
                                 "123456789012345678901234567890",
                                 "0.00000000000000000000000000000000000000000001",
                                 "{\"a\":\"b\",\"a\":\"b\"}",
                                 "{\"\":0}",
                                 R"({"a\u0000b":1})",
                                 R"("\u0060\u012a\u12AB")",
                                 R"("\uD801\udc37")",
                                 R"("\"\\\/\b\f\n\r\t")",
                                 R"("\u0000")",
                                 R"("a/*b*/c")",
                                 R"("\u0022")",
                                 "\"\x7f\"",
                                 "\"\xe2\x82\xac\"",
                                 "\"\xf4\x8f\xbf\xbf\"",
                                 "\"\u2028\"",
                                 R"("\uFFFE")",
                                 "true",
                                 "false",
                                 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"}) {
    CAPTURE(good);
    CHECK(outcome(good).empty());
  }
  const std::vector<std::string> none{"",
                                      "[1,]",
                                      "[,1]",
                                      "[1,,2]",
                                      "[1 true]",
                                      "[1:2]",
                                      "[\"x\"",
                                      "[x",
                                      "[",
                                      "]",
                                      "{",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{1:1}",
                                      "{\"a\":1,}",
                                      "{\"a\":1,,\"b\":2}",
                                      "{,}",
                                      "{null:null}",
                                      "'a'",
                                      "01",
                                      "-01",
                                      "-",
                                      "+1",
                                      "++1",
                                      "1.",
                                      ".1",
                                      "-.1",
                                      "2.e3",
                                      "1e",
                                      "1e+",
                                      "1eE2",
                                      "0x1",
                                      "1_000",
                                      "1 000",
                                      "NaN",
                                      "-NaN",
                                      "Infinity",
                                      "-Infinity",
                                      "\uff11",
                                      "1a",
                                      "-1a",
                                      "nul",
                                      "True",
                                      "TRUE",
                                      "tru",
                                      "undefined",
                                      "\"a\nb\"",
                                      "\"a\tb\"",
                                      std::string("\"a\0b\"", 5),
                                      R"("\x00")",
                                      R"("\a")",
                                      R"("\u00")",
                                      R"("\u00g0")",
                                      R"("\")",
                                      "\"abc",
                                      R"("\ud800")",
                                      R"("\udc00")",
                                      R"("\uD800\n")",
                                      R"("\uD800\uD800")",
                                      "\"\xff\"",
                                      "\"\xc3\"",
                                      "\"\xc0\xaf\"",
                                      "\"\xe0\x80\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "/* a comment */ 1",
                                      "1 // a comment\n",
                                      "# 1",
                                      "<null>",
                                      "[1]]",
                                      "\f1",
                                      "\u00a01",
                                      "\u20601",
                                      "\ufeff1",
                                      std::string(100, '[') + std::string(100, ']')};
  for (const auto& bad : none) {
    CAPTURE(bad);
    CHECK(outcome(bad) == pointers{"400"});
  }
  // Of the text as a whole.
  const std::string mark = "\ufeff";
  CHECK(complaints(parse_order_request(with_body(mark + good_order))).empty());
  CHECK(complaints(parse_order_request(with_body(" \t\r\n" + good_order + "\n"))).empty());
  for (const auto& body : {mark, mark + mark + good_order, mark.substr(0, 2) + good_order, good_order + good_order,
                           good_order + "}", good_order + "#", good_order + std::string(1, '\0'),
                           std::string("\xff\xfe{\0}\0", 6), "\f" + good_order, std::string(" ")})
    CHECK(complaints(parse_order_request(with_body(body))) == pointers{"400"});
}
