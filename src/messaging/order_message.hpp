// What stands around the orders of a message, for who writes it and who reads it.
//
// Constants. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ticketd::messaging {

// Version 2 is version 1 (which does not say so) with members added that a worker of version 1 ignores.
inline constexpr std::int64_t oldest_version = 1;
inline constexpr std::int64_t newest_version = 2;

// None that an api writes is half as large: publish_batch_max_most of the largest orders. (RabbitMQ before 4 passes on
// 128 MiB.)
inline constexpr std::size_t message_bytes_max = 16 * 1024 * 1024;

inline constexpr std::string_view message_head = R"({"version":2,"orders":[)";
static_assert(message_head[std::string_view(R"({"version":)").size()] - '0' == newest_version);
inline constexpr std::string_view message_tail = "]}";

}  // namespace ticketd::messaging
