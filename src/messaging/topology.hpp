// The exchanges and queues of docs/architecture.md, "The message", declared by whoever connects: a broker that lost
// its disk, or an operator's mistake, is put right by the next connection.
//
// Thread: the connection's.
#pragma once

#include "messaging/amqp_connection.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ticketd::messaging {

// Waits for the broker's answers, at most a few seconds. False if the connection failed, which it does too where a
// queue stands already with other arguments (406 PRECONDITION_FAILED).
[[nodiscard]] bool declare_topology(amqp_connection& connection, amqp_channel_t channel, const queue_settings& queue);

// A queue that is this connection's alone, goes with it, and hears what goes to the exchange from now on; where it is
// full, the oldest goes. Its name, which the broker chose; empty if the connection failed.
[[nodiscard]] std::string declare_queue_of_listener(amqp_connection& connection, amqp_channel_t channel,
                                                    std::string_view exchange, std::int64_t length_max);

}  // namespace ticketd::messaging
