// How a worker of version 1 reads a message, frozen: what replicas write today must stay readable for it, so that
// replicas and workers can be upgraded one by one in either order. Its rules stand here as they were, not as today's
// code has them. Never to be changed.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ticketd::test::version_1 {

namespace json = boost::json;

struct reading {
  std::vector<domain::accepted_order> orders;
  std::size_t malformed = 0;
};

// The member's text, or nullopt if there is none, or it is no string.
inline std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

// One NUL in one name would make PostgreSQL refuse the whole batch, so control characters stop here.
inline bool is_plain_text(const std::optional<std::string_view>& text, std::size_t bytes_max) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text && !text->empty() && text->size() <= bytes_max && text->find_first_not_of(' ') != text->npos &&
         std::ranges::none_of(*text, is_control);
}

inline bool is_slug(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= longest && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

inline bool is_slug(const std::optional<std::string_view>& text) { return text && is_slug(*text); }

inline std::optional<std::uint8_t> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

inline bool has_dash_before(std::size_t byte) noexcept { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

inline std::optional<domain::order_id> parse_order_id(std::string_view text) noexcept {
  constexpr std::size_t text_size = 36;
  if (text.size() != text_size) return std::nullopt;
  domain::order_id::bytes value{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = hex_value(text[at++]);
    const auto low = hex_value(text[at++]);
    if (!high || !low) return std::nullopt;
    value[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return domain::order_id(value);
}

// Reads RFC 3339 (section 5.6) from left to right; every step says whether the text still fits.
class time_reader {
 public:
  explicit time_reader(std::string_view text) noexcept : rest_(text) {}

  bool take_number(int digits, int& value) noexcept {
    if (rest_.size() < static_cast<std::size_t>(digits)) return false;
    value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(digits));
    return true;
  }

  bool take(char expected) noexcept {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_any_of(std::string_view expected, char& taken) noexcept {
    if (rest_.empty() || expected.find(rest_.front()) == std::string_view::npos) return false;
    taken = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  // ".25" is 250,000 microseconds; digits beyond the sixth are cut off.
  bool take_fraction(int& micros) noexcept {
    micros = 0;
    if (!take('.')) return true;
    int unit = 100'000;
    bool has_digits = false;
    for (int digit = 0; take_number(1, digit); unit /= 10) {
      micros += digit * unit;
      has_digits = true;
    }
    return has_digits;
  }

  // "Z" or "+03:00".
  bool take_offset(std::chrono::minutes& offset) noexcept {
    char sign = 0;
    if (!take_any_of("Zz+-", sign)) return false;
    if (sign == 'Z' || sign == 'z') return true;
    int hours = 0;
    int minutes = 0;
    if (!take_number(2, hours) || !take(':') || !take_number(2, minutes) || hours > 23 || minutes > 59) return false;
    offset = std::chrono::minutes((sign == '-' ? -1 : 1) * (hours * 60 + minutes));
    return true;
  }

  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

inline std::optional<domain::timestamp> parse_rfc3339(std::string_view text) noexcept {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  char separator = 0;
  std::chrono::minutes offset{0};
  time_reader reader(text);
  const bool fits = reader.take_number(4, year) && reader.take('-') && reader.take_number(2, month) &&
                    reader.take('-') && reader.take_number(2, day) && reader.take_any_of("Tt ", separator) &&
                    reader.take_number(2, hour) && reader.take(':') && reader.take_number(2, minute) &&
                    reader.take(':') && reader.take_number(2, second) && reader.take_fraction(micros) &&
                    reader.take_offset(offset) && reader.is_at_end();
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!fits || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const domain::timestamp time = domain::timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
                                 std::chrono::minutes(minute) - offset + std::chrono::seconds(second) +
                                 std::chrono::microseconds(micros);
  // Its offset may carry it over the edge of what four digits can say of a year.
  const auto year_in_utc = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (year_in_utc < std::chrono::year(0) || year_in_utc > std::chrono::year(9999)) return std::nullopt;
  return time;
}

// Each reader fills its part of the order, or says what is wrong with it ("" is nothing).

inline std::string_view read_identity(const json::object& from, domain::accepted_order& order) {
  const auto id_text = text_of(from, "id");
  const auto id = id_text ? parse_order_id(*id_text) : std::nullopt;
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

inline std::string_view read_buyer(const json::object& from, domain::accepted_order& order) {
  const auto* member = from.if_contains("buyer");
  const auto* buyer = member ? member->if_object() : nullptr;
  if (!buyer) return "buyer is not an object";
  const auto name = text_of(*buyer, "name");
  if (!is_plain_text(name, 200)) return "buyer.name is not 1 to 200 bytes of text";
  const auto email = text_of(*buyer, "email");
  if (!is_plain_text(email, 254)) return "buyer.email is not 1 to 254 bytes of text";
  if (std::ranges::any_of(*email, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return "buyer.email is not in its canonical form";
  order.buyer.name = *name;
  order.buyer.email = *email;
  return "";
}

inline std::string_view read_purchase(const json::object& from, domain::accepted_order& order) {
  const auto* quantity = from.if_contains("quantity");
  const auto* number = quantity ? quantity->if_int64() : nullptr;
  if (!number || *number < 1 || *number > 1000000) return "quantity is not an integer from 1 to 1000000";
  const auto accepted_at_text = text_of(from, "accepted_at");
  const auto accepted_at = accepted_at_text ? parse_rfc3339(*accepted_at_text) : std::nullopt;
  if (!accepted_at) return "accepted_at is not an RFC 3339 time";
  order.quantity = static_cast<int>(*number);
  order.accepted_at = *accepted_at;
  return "";
}

// A trace is a convenience: a bad one is left out, and never costs an order.
inline void read_trace(const json::object& from, domain::accepted_order& order) {
  const auto traceparent = text_of(from, "traceparent");
  if (is_plain_text(traceparent, 128)) order.traceparent = *traceparent;
}

inline std::string_view read_order(const json::value& from, domain::accepted_order& order) {
  const auto* object = from.if_object();
  if (!object) return "the order is not an object";
  if (const auto wrong = read_identity(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_buyer(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_purchase(*object, order); !wrong.empty()) return wrong;
  read_trace(*object, order);
  return "";
}

inline reading read(std::string_view body) {
  std::array<unsigned char, 32 * 1024> first_block;  // enough for most messages: no allocation for the tree
  json::monotonic_resource memory(first_block.data(), first_block.size());
  json::error_code error;
  const auto root = json::parse(body, error, &memory);
  if (error) return {{}, 1};
  const auto* object = root.if_object();
  const auto* member = object ? object->if_contains("orders") : nullptr;
  const auto* orders = member ? member->if_array() : nullptr;
  if (!orders || orders->empty()) return {{}, 1};

  reading message;
  message.orders.reserve(orders->size());
  for (const auto& each : *orders) {
    domain::accepted_order order;
    const auto wrong = read_order(each, order);
    if (wrong.empty())
      message.orders.push_back(std::move(order));
    else
      ++message.malformed;
  }
  return message;
}

}  // namespace ticketd::test::version_1
