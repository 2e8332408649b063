// Numbers in text that comes from outside: settings, requests, headers.
//
// Pure: any thread.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace ticketd::text {

// The number that the whole text is, in decimal digits (and with a minus, where the type has one); nullopt where it is
// none, where something stands before or behind it, or where it is beyond the type. No blanks, no plus.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace ticketd::text
