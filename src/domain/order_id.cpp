#include "ticketd/domain/order_id.hpp"

#include "ticketd/text/uuid.hpp"

#include <cstring>

namespace ticketd::domain {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t text_size = text::uuid_size;

std::optional<std::uint8_t> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

bool has_dash_before(std::size_t byte) noexcept { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

std::optional<order_id> order_id::parse(std::string_view text) noexcept {
  if (text.size() != text_size) return std::nullopt;
  bytes value{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = hex_value(text[at++]);
    const auto low = hex_value(text[at++]);
    if (!high || !low) return std::nullopt;
    value[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return order_id(value);
}

std::string order_id::to_string() const {
  std::string text(text_size, '-');
  char* to = text.data();
  for (std::size_t i = 0; i < value_.size(); ++i) {
    if (has_dash_before(i)) ++to;
    *to++ = hex_digits[value_[i] >> 4];
    *to++ = hex_digits[value_[i] & 0x0f];
  }
  return text;
}

}  // namespace ticketd::domain

std::size_t std::hash<ticketd::domain::order_id>::operator()(const ticketd::domain::order_id& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.value().data() + 10, 6);  // the seal: uniform, and without the fixed bits of the version
  return value;
}
