// What an order may be, in one place for who accepts it and who settles it: an order that the edge lets in and the
// worker refuses would be lost.
//
// Pure: any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace ticketd::domain {

// Of an event, its max_per_buyer is the limit, which is far below.
inline constexpr int order_quantity_max = 1'000'000;

inline constexpr std::size_t buyer_name_bytes_max = 200;
inline constexpr std::size_t email_bytes_max = 254;            // RFC 5321, 4.5.3.1.3: a path less its brackets
inline constexpr std::size_t email_local_part_bytes_max = 64;  // RFC 5321, 4.5.3.1.1
inline constexpr std::size_t idempotency_key_bytes_max = 255;
inline constexpr std::size_t payment_method_bytes_max = 64;

// UTF-8 of 1 to so many bytes, not all of it blank, without a control character: PostgreSQL's text has no room for NUL
// or for what is no UTF-8, and no honest name has one of the others.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t bytes_max) noexcept;

// Whether somebody could see anything of it: a name of blanks, or of characters that are never shown, is none. The
// edge's own rule: what an earlier version let in, the worker settles.
[[nodiscard]] bool is_visible_text(std::string_view text) noexcept;

// What keeps an address in its canonical form (domain/buyer.hpp) from being one, in words that complete "must be an
// email address: "; "" where nothing does. It is the part of RFC 5321's addresses that mail systems really use: one
// '@', a local part of visible characters (RFC 6531), and a domain of dotted labels in visible ASCII.
[[nodiscard]] std::string_view fault_of_email(std::string_view text) noexcept;

// 1 to 255 visible ASCII characters.
[[nodiscard]] bool is_idempotency_key(std::string_view text) noexcept;

// 1 to 64 of A-Z, a-z, 0-9 and '_'.
[[nodiscard]] bool is_payment_method(std::string_view text) noexcept;

}  // namespace ticketd::domain
