// Text of visible ASCII characters: what keys, secrets and host names are made of.
//
// Pure: any thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace ticketd::text {

// No control character, no blank, nothing beyond ASCII.
[[nodiscard]] constexpr bool is_visible_ascii(char c) noexcept { return c > 0x20 && c < 0x7f; }

// All of them are; so are none.
[[nodiscard]] constexpr bool is_visible_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return is_visible_ascii(c); });
}

}  // namespace ticketd::text
