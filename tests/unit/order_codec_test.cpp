#include "messaging/order_codec.hpp"
#include "messaging/order_message.hpp"

#include "support/catch2.hpp"
#include "support/order_members.hpp"
#include "support/request_bodies.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <string>
#include <variant>

using ticketd::domain::accepted_order;
using ticketd::messaging::decoded_message;
using ticketd::messaging::make_dead_letter;
using ticketd::messaging::order_encoder;

namespace {

using ticketd::test::but;

const std::string good =
    R"({"id":"6f0c8a52-1f3e-8b7a-9c1d-000102030405","event_id":"tarkan-2027","category_id":"standing","quantity":2,)"
    R"("buyer":{"name":"Ada","email":"ada@example.com"},"accepted_at":"2027-01-05T10:00:00.000123Z"})";

accepted_order an_order() {
  accepted_order order;
  order.id = *ticketd::domain::order_id::parse("6f0c8a52-1f3e-8b7a-9c1d-000102030405");
  order.event_id = "tarkan-2027";
  order.category_id = "standing";
  order.quantity = 2;
  order.buyer = {"Ada", "ada@example.com"};
  order.accepted_at = *ticketd::domain::parse_rfc3339("2027-01-05T10:00:00.000123Z");
  return order;
}

const std::string terms =
    R"(,"price":{"amount":600000,"currency":"TRY"},"sale_opens_at":"2027-01-05T10:00:00Z",)"
    R"("sale_closes_at":"2027-02-01T00:00:00Z","max_per_buyer":10,"payment_method":"pm_card_visa"})";
const std::string good_on_terms = good.substr(0, good.size() - 1) + terms;

std::string message_of(const std::string& orders) { return R"({"version":2,"orders":[)" + orders + "]}"; }

const auto decoded_at = *ticketd::domain::parse_rfc3339("2027-01-05T10:30:00Z");

// What is in a message of a version that is known.
decoded_message decode_message(const std::string& body) {
  return std::get<decoded_message>(ticketd::messaging::decode_message(body, decoded_at));
}

accepted_order an_order_on_terms() {
  auto order = an_order();
  order.terms = ticketd::domain::sale_terms{{600000, "TRY"},
                                            {*ticketd::domain::parse_rfc3339("2027-01-05T10:00:00Z"),
                                             *ticketd::domain::parse_rfc3339("2027-02-01T00:00:00Z")},
                                            10};
  order.payment_method = "pm_card_visa";
  return order;
}

std::string good_but(const std::string& piece, const std::string& by) { return but(good, piece, by); }

// Why this order is refused, when it travels between two good ones; "" if it isn't.
std::string reason_for(const std::string& order) {
  const auto message = decode_message(message_of(good + "," + order + "," + good));
  if (message.malformed.empty()) return "";
  CHECK(message.orders.size() == 2);
  REQUIRE(message.malformed.size() == 1);
  return message.malformed[0].reason;
}

}  // namespace

TEST_CASE("a message is written as docs/architecture.md has it", "[messaging]") {
  order_encoder encoder;
  encoder.add(an_order());
  CHECK(encoder.take() == message_of(good));
  auto traced = an_order();
  traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  encoder.add(an_order());
  encoder.add(traced);
  const auto with_trace = good.substr(0, good.size() - 1) + R"(,"traceparent":")" + traced.traceparent + R"("})";
  CHECK(encoder.take() == message_of(good + "," + with_trace));
}

TEST_CASE("what the buyer saw travels as members that were added to version 1", "[messaging]") {
  order_encoder encoder;
  encoder.add(an_order_on_terms());
  CHECK(encoder.take() == message_of(good_on_terms));
}

TEST_CASE("every field of an order survives the message", "[messaging]") {
  auto order = an_order_on_terms();
  order.buyer.name =
      "Gr\xc3\xa2"
      "ce \"Amazing\" O\\Hopper \xf0\x9f\x8e\xab";
  order.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  order_encoder encoder;
  encoder.add(order);
  const auto message = decode_message(encoder.take());
  REQUIRE(message.malformed.empty());
  REQUIRE(message.orders.size() == 1);
  const auto& read = message.orders[0];
  ticketd::test::check_version_1_members(read, order);
  CHECK(read.traceparent == order.traceparent);
  CHECK(read.terms == order.terms);
  CHECK(read.payment_method == order.payment_method);
}

TEST_CASE("an order of version 1 comes without terms", "[messaging]") {
  for (const auto* head : {R"({"orders":[)", R"({"version":1,"orders":[)"}) {
    const auto message = decode_message(head + good + "]}");
    REQUIRE(message.orders.size() == 1);
    CHECK_FALSE(message.orders[0].terms);
    CHECK(message.orders[0].payment_method.empty());
  }
}

TEST_CASE("terms are read as a whole or not at all", "[messaging]") {
  const auto reason_with = [](const std::string& piece, const std::string& by) {
    return reason_for(but(good_on_terms, piece, by));
  };
  CHECK(reason_for(good_on_terms) == "");
  const std::string wrong_price = "price is not an amount of money";
  for (const auto* amount : {"-1", "1000000000001", "1.0", "null", "\"1\""})
    CHECK(reason_with("600000", amount) == wrong_price);
  for (const auto* currency : {"\"\"", "\"try\"", "\"TRYY\"", "17"})
    CHECK(reason_with("\"TRY\"", currency) == wrong_price);
  CHECK(reason_with("\"price\"", "\"cost\"") == wrong_price);
  CHECK(reason_with("600000", "0") == "");
  const std::string wrong_time = "sale_opens_at or sale_closes_at is not an RFC 3339 time";
  CHECK(reason_with("sale_opens_at", "opens_at") == wrong_time);
  CHECK(reason_with("2027-02-01T00:00:00Z", "soon") == wrong_time);
  const std::string wrong_limit = "max_per_buyer is not an integer from 1 to 1000000";
  for (const auto* limit : {"0", "1000001", "\"10\"", "null"})
    CHECK(reason_with(":10,", ":" + std::string(limit) + ",") == wrong_limit);
  for (const auto* method : {"", "pm card", "pm-card", "\\u0000"})
    CHECK(reason_with("pm_card_visa", method) == "payment_method is not 1 to 64 letters, digits and underscores");
}

TEST_CASE("a message of another version is told from one that is malformed", "[messaging]") {
  using ticketd::messaging::unknown_version;
  for (const auto* version : {"3", "0", "-2", "\"2\"", "2.0", "null", "{}"}) {
    const auto read = ticketd::messaging::decode_message(
        R"({"version":)" + std::string(version) + R"(,"orders":[)" + good + "]}", decoded_at);
    REQUIRE(std::holds_alternative<unknown_version>(read));
  }
  const auto read = ticketd::messaging::decode_message(R"({"version":3,"rows":"in another form"})", decoded_at);
  CHECK(std::get<unknown_version>(read).version == "3");
}

TEST_CASE("bytes that are no UTF-8 never leave", "[messaging]") {
  auto order = an_order();
  order.buyer.name = "A\xff\xfe\"\xc3\\\xed\xa0\x80\xc3\xa2";
  order.traceparent = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\xff\"";
  order_encoder encoder;
  encoder.add(order);
  const auto message = decode_message(encoder.take());
  REQUIRE(message.orders.size() == 1);
  const std::string unknown = "\xef\xbf\xbd";
  CHECK(message.orders[0].buyer.name ==
        "A" + unknown + unknown + "\"" + unknown + "\\" + unknown + unknown + unknown + "\xc3\xa2");
  CHECK(message.orders[0].traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_CASE("what breaks the text of one order costs that order alone", "[messaging]") {
  const auto traced = [](const std::string& trace) {
    return good.substr(0, good.size() - 1) + R"(,"traceparent":")" + trace + "\"}";
  };
  // As a replica of before wrote it, which copied the header as it came: not even the order itself is lost.
  CHECK(reason_for(traced("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\xff\xfe")) == "");
  CHECK(reason_for(good_but("Ada", "A\xff")) == "buyer.name is not 1 to 200 bytes of text");
  for (const auto& broken :
       {traced("a\"b"), traced("\\"), good_but(":2,", ":,"), good_but("}", ""), std::string(R"({"id" 17)")})
    CHECK_THAT(reason_for(broken), Catch::Matchers::StartsWith("not JSON"));
}

TEST_CASE("what breaks a message outside its orders costs none of them", "[messaging]") {
  const auto both = good + "," + good;
  const auto whole = message_of(both);
  const auto head = whole.substr(0, whole.find(both));
  const std::vector<std::pair<std::string, std::string>> broken_and_rest{
      {whole + "x", "]}x"},
      {whole.substr(0, whole.size() - 1), "]"},
      {head + both, ""},
      {head + both + ",", ","},
      {head + good + ",nothing," + good + "]}", "nothing"},
      {head + both + "]}" + std::string(40, '['), "]}" + std::string(40, '[')},
      {"[" + both + "]", "]"},
      {"garbage" + both, ""},
  };
  for (const auto& [body, rest] : broken_and_rest) {
    INFO(body);
    const auto message = decode_message(body);
    CHECK(message.orders.size() == 2);
    CHECK(message.malformed.size() == (rest.empty() ? 0 : 1));
    if (!message.malformed.empty()) CHECK_THAT(message.malformed[0].body, Catch::Matchers::Contains(rest));
  }
  // One that was cut off in its last order is known by its id.
  const auto cut = decode_message(head + both.substr(0, both.size() - 40));
  CHECK(cut.orders.size() == 1);
  REQUIRE(cut.malformed.size() == 1);
  REQUIRE(cut.malformed[0].remains);
  CHECK(cut.malformed[0].remains->accepted_at == decoded_at);  // what it says of that is cut off
}

TEST_CASE("control characters are escaped on the way out", "[messaging]") {
  auto order = an_order();
  order.buyer.name = std::string("a\nb\0c", 5);
  order_encoder encoder;
  encoder.add(order);
  CHECK(encoder.take().find(R"("a\u000ab\u0000c")") != std::string::npos);
}

TEST_CASE("a malformed order is refused alone, with its reason", "[messaging]") {
  CHECK(reason_for(good) == "");
  CHECK(reason_for("17") == "the order is not an object");
  CHECK(reason_for(good_but("6f0c8a52", "6f0c")) == "id is not a UUID");
  CHECK(reason_for(good_but("tarkan-2027", "Tarkan 2027")) == "event_id is not a slug");
  CHECK(reason_for(good_but("\"standing\"", "7")) == "category_id is not a slug");
  const std::string wrong_quantity = "quantity is not an integer from 1 to 1000000";
  for (const auto* quantity : {"0", "-2", "1000001", "2.0", "\"2\"", "null", "18446744073709551615"})
    CHECK(reason_for(good_but(":2,", ":" + std::string(quantity) + ",")) == wrong_quantity);
  CHECK(reason_for(good_but(R"({"name":"Ada","email":"ada@example.com"})", "null")) == "buyer is not an object");
  CHECK(reason_for(good_but("2027-01-05T10:00:00.000123Z", "yesterday")) == "accepted_at is not an RFC 3339 time");
}

TEST_CASE("text that would poison the batch's transaction is refused", "[messaging]") {
  const std::string wrong_name = "buyer.name is not 1 to 200 bytes of text";
  CHECK(reason_for(good_but("Ada", R"(A\u0000da)")) == wrong_name);
  CHECK(reason_for(good_but("Ada", R"(A\nda)")) == wrong_name);
  CHECK(reason_for(good_but("Ada", "")) == wrong_name);
  CHECK(reason_for(good_but("Ada", std::string(200, 'a'))) == "");
  CHECK(reason_for(good_but("Ada", std::string(201, 'a'))) == wrong_name);
  const auto email = [](std::size_t bytes) { return std::string(bytes - 4, 'a').append("@b.c"); };
  CHECK(reason_for(good_but("ada@example.com", email(254))) == "");
  CHECK(reason_for(good_but("ada@example.com", email(255))) == "buyer.email is not 1 to 254 bytes of text");
  CHECK(reason_for(good_but("ada@example.com", "Ada@example.com")) == "buyer.email is not in its canonical form");
}

TEST_CASE("a bad traceparent costs the trace, never the order", "[messaging]") {
  const auto with = [](const std::string& trace) {
    return decode_message(message_of(good.substr(0, good.size() - 1) + R"(,"traceparent":)" + trace + "}"));
  };
  for (const auto* trace : {"7", "null", R"("a\u0000b")", R"("00-1-2-3")"}) {
    const auto message = with(trace);
    REQUIRE(message.orders.size() == 1);
    CHECK(message.orders[0].traceparent.empty());
  }
}

TEST_CASE("a body that can't be taken apart is one dead letter, as it came", "[messaging]") {
  for (const auto& body : {std::string("not JSON"), std::string(), std::string("\xff\xfe"), std::string("[]"),
                           std::string("{}"), std::string(R"({"orders":{}})"), message_of(""), std::string(100, '[')}) {
    const auto message = decode_message(body);
    CHECK(message.orders.empty());
    REQUIRE(message.malformed.size() == 1);
    CHECK(message.malformed[0].body == body);
    CHECK_FALSE(message.malformed[0].reason.empty());
  }
}

TEST_CASE("a malformed order's letter is a message of its own that can be replayed", "[messaging]") {
  const auto first = decode_message(message_of(good + "," + good_but(":2,", ":0,")));
  REQUIRE(first.malformed.size() == 1);
  const auto again = decode_message(first.malformed[0].body);
  REQUIRE(again.malformed.size() == 1);
  CHECK(again.malformed[0].reason == first.malformed[0].reason);
}

TEST_CASE("what is nobody's order shares one letter, however much of it there is", "[messaging]") {
  std::string ones = "1";
  for (int i = 1; i < 100'000; ++i) ones += ",1";
  const auto message = decode_message(message_of(ones + "," + good));
  CHECK(message.orders.size() == 1);
  REQUIRE(message.malformed.size() == 1);
  CHECK(message.malformed[0].reason == "the order is not an object");
  CHECK(message.malformed[0].body == R"({"version":2,"orders":[)" + ones + "]}");

  // With ids in front, and no JSON.
  std::string heads = R"({"id":"6f0c8a52-0000-8000-8000-000000000001")";
  for (int i = 1; i < 20'000; ++i) heads += R"(,{"id":"6f0c8a52-0000-8000-8000-000000000001")";
  const auto letters = decode_message(message_of(heads)).malformed;
  CHECK(letters.size() == 10'001);
  CHECK(letters.front().remains);
  CHECK_FALSE(letters.back().remains);
}

TEST_CASE("a dead letter for a well-formed order holds that order", "[messaging]") {
  const auto letter = make_dead_letter(an_order(), "unknown category");
  CHECK(letter.reason == "unknown category");
  CHECK(letter.body == message_of(good));
}

TEST_CASE("a message of a thousand orders keeps their order", "[messaging]") {
  order_encoder encoder;
  for (int i = 1; i <= 1000; ++i) {
    auto order = an_order();
    order.quantity = i;
    encoder.add(order);
  }
  const auto message = decode_message(encoder.take());
  REQUIRE(message.orders.size() == 1000);
  for (int i = 1; i <= 1000; ++i) CHECK(message.orders[static_cast<std::size_t>(i - 1)].quantity == i);
}

TEST_CASE("the largest message that an api writes is read, and a larger one is set aside as it came", "[messaging]") {
  using namespace ticketd;
  order_encoder encoder;
  auto largest = an_order();
  largest.event_id = largest.category_id = std::string(64, 'a');
  largest.buyer = {std::string(domain::buyer_name_bytes_max, '"'), std::string(domain::email_bytes_max, 'a')};
  largest.payment_method = std::string(64, 'a');
  largest.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  constexpr std::size_t orders_max = messaging::publish_batch_max_most;
  for (std::size_t i = 0; i < orders_max; ++i) encoder.add(largest);
  auto body = encoder.take();
  CHECK(body.size() * 2 < messaging::message_bytes_max);
  CHECK(decode_message(body).orders.size() == orders_max);

  body.insert(0, messaging::message_bytes_max, ' ');
  const auto message = decode_message(body);
  CHECK(message.orders.empty());
  REQUIRE(message.malformed.size() == 1);
  CHECK(message.malformed[0].body == body);
}
