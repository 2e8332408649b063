#include "messaging/order_codec.hpp"
#include "messaging/order_message.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <boost/nowide/utf/utf.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace ticketd::messaging {

namespace {

namespace utf = boost::nowide::utf;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_plain(char c) { return is_ascii(c) && static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

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

// Appends the character that `text` begins with, and answers how many bytes it took. A byte that begins none becomes
// U+FFFD, as Unicode recommends (The Unicode Standard, section 3.9).
std::size_t append_character(std::string& out, std::string_view text) {
  auto end = text.begin();
  const auto code_point = utf::utf_traits<char>::decode(end, text.end());
  if (code_point == utf::illegal || code_point == utf::incomplete) {
    out += "\xef\xbf\xbd";
    return 1;
  }
  out.append(text.begin(), end);
  return static_cast<std::size_t>(end - text.begin());
}

// A JSON string (RFC 8259, section 7). Runs of plain characters, which is nearly all, are appended whole.
void append_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (is_ascii(text.front())) {
      append_escape(out, text.front());
      text.remove_prefix(1);
    } else {
      text.remove_prefix(append_character(out, text));
    }
  }
  out += '"';
}

void append_integer(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_purchase(std::string& out, const domain::accepted_order& order) {
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
}

void append_terms(std::string& out, const domain::sale_terms& terms) {
  out += R"(,"price":{"amount":)";
  append_integer(out, terms.price.amount);
  out += R"(,"currency":)";
  append_text(out, terms.price.currency);
  out += R"(},"sale_opens_at":")";
  out += domain::to_rfc3339(terms.window.opens_at);
  out += R"(","sale_closes_at":")";
  out += domain::to_rfc3339(terms.window.closes_at);
  out += R"(","max_per_buyer":)";
  append_integer(out, terms.max_per_buyer);
}

void append_member_unless_empty(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  append_text(out, text);
}

}  // namespace

void order_encoder::add(const domain::accepted_order& order) {
  body_ += body_.empty() ? message_head : std::string_view(",");
  append_purchase(body_, order);
  if (order.terms) append_terms(body_, *order.terms);
  append_member_unless_empty(body_, "payment_method", order.payment_method);
  append_member_unless_empty(body_, "traceparent", observability::forwarded_traceparent(order.traceparent));
  body_ += '}';
}

std::string order_encoder::take() {
  body_ += message_tail;
  return std::exchange(body_, {});
}

dead_letter make_dead_letter(const domain::accepted_order& order, std::string reason) {
  order_encoder encoder;
  encoder.add(order);
  return {encoder.take(), std::move(reason), order.id};
}

}  // namespace ticketd::messaging
