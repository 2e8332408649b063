// The exchanges and queues of docs/architecture.md, "The message", declared by whoever connects: a broker that lost
// its disk, or an operator's mistake, is put right by the next connection.
#pragma once

#include "messaging/amqp_connection.hpp"

#include <cstdint>
#include <string_view>

namespace ticketd::messaging {

inline constexpr std::string_view orders_exchange = "ticketd.orders";
inline constexpr std::string_view orders_queue = "ticketd.orders";
inline constexpr std::string_view dead_exchange = "ticketd.dead";
inline constexpr std::string_view dead_queue = "ticketd.orders.dead";
inline constexpr std::string_view routing_key = "orders";

// Waits for the broker's answers, at most a few seconds. False if the connection failed, which it does too where a
// queue stands already with other arguments (406 PRECONDITION_FAILED).
[[nodiscard]] bool declare_topology(amqp_connection& connection, amqp_channel_t channel, std::int64_t queue_length_max);

}  // namespace ticketd::messaging
