#include "messaging/order_codec.hpp"
#include "messaging/order_message.hpp"

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/observability/trace_context.hpp"
#include "ticketd/text/uuid.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::messaging {

namespace json = boost::json;

namespace {

// The member's text, or nullopt if there is none, or it is no string.
std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

// The number, if it is an integer within the bounds.
std::optional<std::int64_t> integer_of(const json::object& object, std::string_view name, std::int64_t least,
                                       std::int64_t most) {
  const auto* member = object.if_contains(name);
  const auto* number = member ? member->if_int64() : nullptr;
  if (!number || *number < least || *number > most) return std::nullopt;
  return *number;
}

std::optional<domain::timestamp> time_of(const json::object& object, std::string_view name) {
  const auto text = text_of(object, name);
  return text ? domain::parse_rfc3339(*text) : std::nullopt;
}

// One NUL in one name would make PostgreSQL refuse the whole batch, so control characters stop here.
bool is_plain_text(const std::optional<std::string_view>& text, std::size_t bytes_max) {
  return text && domain::is_plain_text(*text, bytes_max);
}

bool is_slug(const std::optional<std::string_view>& text) { return text && domain::is_slug(*text); }

std::string no_text(std::string_view name, std::size_t bytes_max) {
  return fmt::format("{} is not 1 to {} bytes of text", name, bytes_max);
}

std::string no_integer(std::string_view name, std::int64_t least, std::int64_t most) {
  return fmt::format("{} is not an integer from {} to {}", name, least, most);
}

// Each reader fills its part of the order, or says what is wrong with it ("" is nothing).

std::string read_identity(const json::object& from, domain::accepted_order& order) {
  const auto id_text = text_of(from, "id");
  const auto id = id_text ? domain::order_id::parse(*id_text) : std::nullopt;
  if (!id) return "id is not a UUID";
  order.id = *id;
  const auto event_id = text_of(from, "event_id");
  const auto category_id = text_of(from, "category_id");
  if (is_slug(event_id)) order.event_id = *event_id;
  if (is_slug(category_id)) order.category_id = *category_id;
  if (!is_slug(event_id)) return "event_id is not a slug";
  return is_slug(category_id) ? "" : "category_id is not a slug";
}

std::string read_buyer(const json::object& from, domain::accepted_order& order) {
  const auto* member = from.if_contains("buyer");
  const auto* buyer = member ? member->if_object() : nullptr;
  if (!buyer) return "buyer is not an object";
  const auto name = text_of(*buyer, "name");
  const auto email = text_of(*buyer, "email");
  const bool has_name = is_plain_text(name, domain::buyer_name_bytes_max);
  const bool has_email = is_plain_text(email, domain::email_bytes_max);
  const bool is_canonical = has_email && domain::canonical_email(*email) == *email;
  if (has_name) order.buyer.name = *name;
  if (is_canonical) order.buyer.email = *email;
  if (!has_name) return no_text("buyer.name", domain::buyer_name_bytes_max);
  if (!has_email) return no_text("buyer.email", domain::email_bytes_max);
  return is_canonical ? "" : "buyer.email is not in its canonical form";
}

std::string read_purchase(const json::object& from, domain::accepted_order& order) {
  const auto quantity = integer_of(from, "quantity", 1, domain::order_quantity_max);
  const auto accepted_at = time_of(from, "accepted_at");
  if (quantity) order.quantity = static_cast<int>(*quantity);
  if (accepted_at) order.accepted_at = *accepted_at;
  if (!quantity) return no_integer("quantity", 1, domain::order_quantity_max);
  return accepted_at ? "" : "accepted_at is not an RFC 3339 time";
}

std::optional<domain::money> price_of(const json::object& object) {
  const auto* member = object.if_contains("price");
  const auto* price = member ? member->if_object() : nullptr;
  if (!price) return std::nullopt;
  const auto amount = integer_of(*price, "amount", 0, domain::price_amount_max);
  // By its form alone: which codes there are has been asked at the edge, and the list there may be a newer one.
  const auto currency = text_of(*price, "currency");
  if (!amount || !currency || !domain::is_currency(*currency)) return std::nullopt;
  return domain::money{*amount, std::string(*currency)};
}

// All of what the buyer saw, or nothing of it: with a part guessed, somebody would pay what nobody told them.
std::string read_terms(const json::object& from, domain::accepted_order& order) {
  constexpr std::array<std::string_view, 4> members{"price", "sale_opens_at", "sale_closes_at", "max_per_buyer"};
  if (std::ranges::none_of(members, [&](std::string_view name) { return from.contains(name); })) return "";
  auto price = price_of(from);
  if (!price) return "price is not an amount of money";
  const auto opens_at = time_of(from, "sale_opens_at");
  const auto closes_at = time_of(from, "sale_closes_at");
  if (!opens_at || !closes_at) return "sale_opens_at or sale_closes_at is not an RFC 3339 time";
  const auto max_per_buyer = integer_of(from, "max_per_buyer", 1, domain::order_quantity_max);
  if (!max_per_buyer) return no_integer("max_per_buyer", 1, domain::order_quantity_max);
  order.terms = domain::sale_terms{std::move(*price), {*opens_at, *closes_at}, static_cast<int>(*max_per_buyer)};
  return "";
}

std::string read_payment_method(const json::object& from, domain::accepted_order& order) {
  if (!from.contains("payment_method")) return "";
  const auto payment_method = text_of(from, "payment_method");
  if (!payment_method || !domain::is_payment_method(*payment_method))
    return fmt::format("payment_method is not 1 to {} letters, digits and underscores",
                       domain::payment_method_bytes_max);
  order.payment_method = *payment_method;
  return "";
}

// A trace is a convenience: a bad one is left out, and never costs an order.
void read_trace(const json::object& from, domain::accepted_order& order) {
  if (const auto traceparent = text_of(from, "traceparent"))
    order.traceparent = observability::forwarded_traceparent(*traceparent);
}

std::string read_order(const json::value& from, domain::accepted_order& order) {
  const auto* object = from.if_object();
  if (!object) return "the order is not an object";
  std::string first_wrong;
  for (const auto read : {read_identity, read_buyer, read_purchase, read_terms, read_payment_method})
    if (auto wrong = read(*object, order); first_wrong.empty()) first_wrong = std::move(wrong);
  read_trace(*object, order);
  return first_wrong;
}

// ---- the message

std::string as_message(std::string_view order) { return std::string(message_head).append(order).append(message_tail); }

// More malformed orders than an api puts into a message at all are nobody's: what is made of each is many times what it
// takes in the message.
constexpr std::size_t malformed_max = 10'000;

// Takes a message apart.
class reader {
 public:
  explicit reader(domain::timestamp now) : now_(now) {}

  void read(const json::value& from) {
    domain::accepted_order order;
    auto wrong = read_order(from, order);
    if (wrong.empty()) {
      message_.orders.push_back(std::move(order));
      return;
    }
    std::optional<domain::accepted_order> remains;
    if (order.id != domain::order_id()) {
      remains = domain::remains_of(order.id, now_);
      read_order(from, *remains);
    }
    add_malformed(json::serialize(from), std::move(wrong), std::move(remains));
  }

  // One of which no more than the id can be read, if that.
  void put_aside(std::string_view piece, std::string reason, const std::optional<domain::order_id>& id) {
    std::optional<domain::accepted_order> remains;
    if (id) remains = domain::remains_of(*id, now_);
    add_malformed(piece, std::move(reason), std::move(remains));
  }

  decoded_message take() {
    if (!nobodys_.empty()) message_.malformed.push_back({as_message(nobodys_), std::move(nobodys_reason_)});
    return std::move(message_);
  }

 private:
  // What has no id is nobody's order, and shares one dead letter.
  void add_malformed(std::string_view piece, std::string reason, std::optional<domain::accepted_order> remains) {
    if (remains && message_.malformed.size() < malformed_max) {
      message_.malformed.push_back(
          {.body = as_message(piece), .reason = std::move(reason), .remains = std::move(remains)});
      return;
    }
    if (nobodys_.empty())
      nobodys_reason_ = std::move(reason);
    else
      nobodys_ += ',';
    nobodys_ += piece;
  }

  domain::timestamp now_;
  decoded_message message_;
  std::string nobodys_;
  std::string nobodys_reason_;  // of the first
};

decoded_message unreadable(std::string_view body, std::string reason) {
  decoded_message message;
  message.malformed.push_back({std::string(body), std::move(reason)});
  return message;
}

// Bytes that are no UTF-8 are let in here, so that they cost no more than the text that they stand in: a name or an
// address that holds them is refused by the rules of the domain, a trace left out.
const json::parse_options options = [] {
  json::parse_options lenient;
  lenient.allow_invalid_utf8 = true;
  return lenient;
}();

constexpr std::string_view blanks = " \t\r\n";

// Where an order begins: a brace and the member that each begins with. Within a text the quote would be escaped.
std::size_t find_order(std::string_view body, std::size_t from) {
  for (auto brace = body.find('{', from); brace != body.npos; brace = body.find('{', brace + 1)) {
    const auto member = body.find_first_not_of(blanks, brace + 1);
    if (member != body.npos && body.substr(member).starts_with(R"("id")")) return brace;
  }
  return body.npos;
}

// Takes such characters, and the blanks before each, off the end; or none where they are not all there.
std::string_view without_suffix(std::string_view text, std::string_view last) {
  auto rest = text;
  for (auto c = last.rbegin(); c != last.rend(); ++c) {
    const auto end = rest.find_last_not_of(blanks);
    if (end == rest.npos || rest[end] != *c) return text;
    rest = rest.substr(0, end);
  }
  return rest;
}

// The id of an order that is no JSON, where it stands in front.
std::optional<domain::order_id> find_id(std::string_view piece) {
  constexpr std::string_view member = R"("id")";
  auto rest = piece.substr(std::min(piece.find(member), piece.size() - member.size()) + member.size());
  const auto quote = rest.find_first_not_of(std::string(blanks) + ':');
  if (quote == rest.npos || rest[quote] != '"') return std::nullopt;
  return domain::order_id::parse(rest.substr(quote + 1, text::uuid_size));
}

// From the beginning of one order to that of the next, or to the message's end.
void read_piece(std::string_view piece, std::string_view separator, const std::string& reason, reader& orders) {
  json::stream_parser order({}, options);
  json::error_code error;
  const std::size_t size = order.write_some(piece.data(), piece.size(), error);
  // A member behind its end may be the order's own, which a wrong brace has cut short.
  const bool is_whole = !error && order.done() && piece.find('"', size) == piece.npos;
  if (!is_whole) {
    orders.put_aside(without_suffix(piece, separator), reason, find_id(piece));
    return;
  }
  orders.read(order.release());
  const auto rest = without_suffix(piece.substr(size), separator);
  if (rest.find_first_not_of(blanks) != rest.npos) orders.put_aside(rest, reason, std::nullopt);
}

// A message that is no JSON as a whole, or not built as one, order by order: what breaks it, wherever it stands, costs
// no order but the one that it stands in. As a whole where no order begins.
decoded_message read_apart(std::string_view body, const std::string& reason, domain::timestamp now) {
  auto begin = find_order(body, 0);
  if (begin == body.npos) return unreadable(body, reason);
  reader orders(now);
  while (begin != body.npos) {
    const auto next = find_order(body, begin + 1);
    const bool is_last = next == body.npos;
    read_piece(body.substr(begin, is_last ? next : next - begin), is_last ? "]}" : ",", reason, orders);
    begin = next;
  }
  return orders.take();
}

// What the message says of itself, if that is nothing that can be read here.
std::optional<unknown_version> find_unknown_version(const json::object& message) {
  const auto* version = message.if_contains("version");
  if (!version || integer_of(message, "version", oldest_version, newest_version)) return std::nullopt;
  return unknown_version{json::serialize(*version)};
}

}  // namespace

std::variant<decoded_message, unknown_version> decode_message(std::string_view body, domain::timestamp now) {
  if (body.size() > message_bytes_max) return unreadable(body, "larger than any message of an api");
  std::array<unsigned char, 32 * 1024> first_block;  // enough for most messages: no allocation for the tree
  json::monotonic_resource memory(first_block.data(), first_block.size());
  json::error_code error;
  const auto root = json::parse(body, error, &memory, options);
  if (error) return read_apart(body, "not JSON: " + error.message(), now);
  const auto* object = root.if_object();
  if (object)
    if (auto unknown = find_unknown_version(*object)) return *std::move(unknown);
  const auto* member = object ? object->if_contains("orders") : nullptr;
  const auto* orders = member ? member->if_array() : nullptr;
  if (!orders || orders->empty()) return read_apart(body, "no orders in it", now);

  reader each_order(now);
  for (const auto& each : *orders) each_order.read(each);
  return each_order.take();
}

}  // namespace ticketd::messaging
