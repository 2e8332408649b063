#include "persistence/connection_room.hpp"

#include <algorithm>

namespace ticketd::persistence {
namespace {

// For the worker, a standby, and whoever looks in. On a small server a part of it.
constexpr std::int32_t left_by_replicas = 8;
constexpr std::int32_t left_by_workers = 3;

std::int32_t left_by_first_of_replica(std::int32_t slots) noexcept { return std::min(left_by_replicas, slots / 4); }

std::int32_t left_to_others(std::int32_t slots, connection_share share, bool is_first) noexcept {
  switch (share) {
    case connection_share::everything:
      return 0;
    case connection_share::worker:
      if (is_first) return std::min(left_by_workers, slots / 8);
      // One more replica finds its first, which waits for longer than we for one more.
      return std::max(slots / 8, left_by_first_of_replica(slots) + 1);
    case connection_share::replica:
      return is_first ? left_by_first_of_replica(slots) : slots / 2;
  }
  return 0;
}

}  // namespace

bool leaves_enough(const connection_room& room, connection_share share, bool is_first) noexcept {
  return room.free >= left_to_others(room.slots, share, is_first);
}

}  // namespace ticketd::persistence
