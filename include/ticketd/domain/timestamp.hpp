// Wall-clock time as buyers and the database see it: UTC, in microseconds (PostgreSQL's resolution of timestamptz).
//
// Values: any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::domain {

using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] timestamp now() noexcept;

// RFC 3339, in UTC: "2027-06-01T18:00:00Z", with a fraction ("...00.250000Z") only where there is one.
[[nodiscard]] std::string to_rfc3339(timestamp time);

// Accepts any RFC 3339 offset and turns it to UTC; nullopt for anything else, impossible dates included. A leap
// second (":60") is taken as the second after, as POSIX time has no room for it.
[[nodiscard]] std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept;

}  // namespace ticketd::domain
