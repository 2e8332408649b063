// The states of one order, for who watches it: which of two is the later, and which is the last.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/order.hpp"

#include <cstdint>

namespace ticketd::domain {

// The row's updated_at, in microseconds since 1970, which only ever rises; 0 while it is queued, which has no row.
[[nodiscard]] std::int64_t version_of(const order_view& order) noexcept;

// Whether what its buyer reads of it may still become something else.
[[nodiscard]] bool may_change(const order_view& order) noexcept;

}  // namespace ticketd::domain
