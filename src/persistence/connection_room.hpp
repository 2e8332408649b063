// How many connections the server has, and how many of them are left to others: ever so many replicas share a server
// without anybody counting them.
//
// Each connection is opened, and kept only where enough is left behind it. What a replica leaves is more than what a
// worker leaves, and that is more than nothing, so the worker always finds one, and so does an operator. A second
// connection of the same process leaves a good part of the server to those who have none yet.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/persistence/database.hpp"

#include <cstdint>

namespace ticketd::persistence {

struct connection_room {
  std::int32_t slots = 0;  // of clients who are no superusers
  std::int32_t free = 0;
};

// `room` counts the connection in question as taken; `is_first` of its process.
[[nodiscard]] bool leaves_enough(const connection_room& room, connection_share share, bool is_first) noexcept;

}  // namespace ticketd::persistence
