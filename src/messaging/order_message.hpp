// What stands around the orders of a message, for who writes it and who reads it.
#pragma once

#include <cstdint>
#include <string_view>

namespace ticketd::messaging {

// Version 2 is version 1 (which does not say so) with members added that a worker of version 1 ignores.
inline constexpr std::int64_t oldest_version = 1;
inline constexpr std::int64_t newest_version = 2;

inline constexpr std::string_view message_head = R"({"version":2,"orders":[)";
inline constexpr std::string_view message_tail = "]}";

}  // namespace ticketd::messaging
