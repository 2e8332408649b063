// SHA-256 of a text, and its 64 hexadecimal digits.
//
// Pure: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ticketd::text {

using sha256_digest = std::array<std::uint8_t, 32>;

[[nodiscard]] sha256_digest sha256(std::string_view text);

// In either case of letters; nullopt for what is not 64 digits.
[[nodiscard]] std::optional<sha256_digest> parse_sha256(std::string_view digits) noexcept;

}  // namespace ticketd::text
