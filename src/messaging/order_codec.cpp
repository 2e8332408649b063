#include "messaging/order_codec.hpp"

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_limits.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace ticketd::messaging {

namespace json = boost::json;

namespace {

constexpr std::size_t traceparent_bytes_max = 128;

constexpr std::string_view head = R"({"orders":[)";
constexpr std::string_view tail = "]}";

// ---- encoding

void append_escape(std::string& out, char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
    return;
  }
  const auto code = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[code >> 4];
  out += digits[code & 0xf];
}

// A JSON string (RFC 8259, section 7). Runs without anything to escape, which is nearly all, are appended whole.
void append_text(std::string& out, std::string_view text) {
  const auto needs_escape = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; };
  out += '"';
  for (auto rest = text;;) {
    const auto special = std::find_if(rest.begin(), rest.end(), needs_escape);
    out.append(rest.begin(), special);
    if (special == rest.end()) break;
    append_escape(out, *special);
    rest = std::string_view(special + 1, rest.end());
  }
  out += '"';
}

void append_integer(std::string& out, int number) {
  std::array<char, 12> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_order(std::string& out, const domain::accepted_order& order) {
  out += R"({"id":")";
  out += order.id.to_string();
  out += R"(","event_id":)";
  append_text(out, order.event_id);
  out += R"(,"category_id":)";
  append_text(out, order.category_id);
  out += R"(,"quantity":)";
  append_integer(out, order.quantity);
  out += R"(,"buyer":{"name":)";
  append_text(out, order.buyer.name);
  out += R"(,"email":)";
  append_text(out, order.buyer.email);
  out += R"(},"accepted_at":")";
  out += domain::to_rfc3339(order.accepted_at);
  out += '"';
  if (!order.traceparent.empty()) {
    out += R"(,"traceparent":)";
    append_text(out, order.traceparent);
  }
  out += '}';
}

// ---- decoding

// The member's text, or nullopt if there is none, or it is no string.
std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

// One NUL in one name would make PostgreSQL refuse the whole batch, so control characters stop here.
bool is_plain_text(const std::optional<std::string_view>& text, std::size_t bytes_max) {
  return text && domain::is_plain_text(*text, bytes_max);
}

bool is_slug(const std::optional<std::string_view>& text) { return text && domain::is_slug(*text); }

// Each reader fills its part of the order, or says what is wrong with it ("" is nothing).

std::string_view read_identity(const json::object& from, domain::accepted_order& order) {
  const auto id_text = text_of(from, "id");
  const auto id = id_text ? domain::order_id::parse(*id_text) : std::nullopt;
  if (!id) return "id is not a UUID";
  const auto event_id = text_of(from, "event_id");
  if (!is_slug(event_id)) return "event_id is not a slug";
  const auto category_id = text_of(from, "category_id");
  if (!is_slug(category_id)) return "category_id is not a slug";
  order.id = *id;
  order.event_id = *event_id;
  order.category_id = *category_id;
  return "";
}

std::string_view read_buyer(const json::object& from, domain::accepted_order& order) {
  const auto* member = from.if_contains("buyer");
  const auto* buyer = member ? member->if_object() : nullptr;
  if (!buyer) return "buyer is not an object";
  const auto name = text_of(*buyer, "name");
  if (!is_plain_text(name, domain::buyer_name_bytes_max)) return "buyer.name is not 1 to 200 bytes of text";
  const auto email = text_of(*buyer, "email");
  if (!is_plain_text(email, domain::email_bytes_max)) return "buyer.email is not 1 to 254 bytes of text";
  if (domain::canonical_email(*email) != *email) return "buyer.email is not in its canonical form";
  order.buyer.name = *name;
  order.buyer.email = *email;
  return "";
}

std::string_view read_purchase(const json::object& from, domain::accepted_order& order) {
  const auto* quantity = from.if_contains("quantity");
  const auto* number = quantity ? quantity->if_int64() : nullptr;
  if (!number || !domain::is_order_quantity(*number)) return "quantity is not an integer from 1 to 1000000";
  const auto accepted_at_text = text_of(from, "accepted_at");
  const auto accepted_at = accepted_at_text ? domain::parse_rfc3339(*accepted_at_text) : std::nullopt;
  if (!accepted_at) return "accepted_at is not an RFC 3339 time";
  order.quantity = static_cast<int>(*number);
  order.accepted_at = *accepted_at;
  return "";
}

// A trace is a convenience: a bad one is left out, and never costs an order.
void read_trace(const json::object& from, domain::accepted_order& order) {
  const auto traceparent = text_of(from, "traceparent");
  if (is_plain_text(traceparent, traceparent_bytes_max)) order.traceparent = *traceparent;
}

std::string_view read_order(const json::value& from, domain::accepted_order& order) {
  const auto* object = from.if_object();
  if (!object) return "the order is not an object";
  if (const auto wrong = read_identity(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_buyer(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_purchase(*object, order); !wrong.empty()) return wrong;
  read_trace(*object, order);
  return "";
}

std::string as_message(const json::value& order) {
  std::string body(head);
  body += json::serialize(order);
  body += tail;
  return body;
}

decoded_message unreadable(std::string_view body, std::string reason) {
  decoded_message message;
  message.malformed.push_back({std::string(body), std::move(reason)});
  return message;
}

}  // namespace

void order_encoder::add(const domain::accepted_order& order) {
  body_ += body_.empty() ? head : std::string_view(",");
  append_order(body_, order);
}

std::string order_encoder::take() {
  body_ += tail;
  return std::exchange(body_, {});
}

decoded_message decode_message(std::string_view body) {
  std::array<unsigned char, 32 * 1024> first_block;  // enough for most messages: no allocation for the tree
  json::monotonic_resource memory(first_block.data(), first_block.size());
  json::error_code error;
  const auto root = json::parse(body, error, &memory);
  if (error) return unreadable(body, "not JSON: " + error.message());
  const auto* object = root.if_object();
  const auto* member = object ? object->if_contains("orders") : nullptr;
  const auto* orders = member ? member->if_array() : nullptr;
  if (!orders || orders->empty()) return unreadable(body, "no orders in it");

  decoded_message message;
  message.orders.reserve(orders->size());
  for (const auto& each : *orders) {
    domain::accepted_order order;
    const auto wrong = read_order(each, order);
    if (wrong.empty())
      message.orders.push_back(std::move(order));
    else
      message.malformed.push_back({as_message(each), std::string(wrong)});
  }
  return message;
}

dead_letter make_dead_letter(const domain::accepted_order& order, std::string reason) {
  order_encoder encoder;
  encoder.add(order);
  return {encoder.take(), std::move(reason)};
}

}  // namespace ticketd::messaging
