// Where the parts of an id end whose layout is by_event: bytes of the event's hash, then of the buyer's, then the
// order's.
//
// Values. Thread: any.
#pragma once

#include <cstddef>

namespace ticketd::domain {

inline constexpr std::size_t event_end = 2;
inline constexpr std::size_t buyer_end = 6;

}  // namespace ticketd::domain
