// UUIDs within a text: 8-4-4-4-12 hexadecimal digits.
//
// Pure: any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace ticketd::text {

inline constexpr std::size_t uuid_size = 36;

// Where the first one begins, from `from` on; npos if there is none.
[[nodiscard]] std::size_t find_uuid(std::string_view text, std::size_t from = 0) noexcept;

}  // namespace ticketd::text
