// Which ids the orders of one buyer can have, so that they are found in one range of an index, by an id alone.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/order_id.hpp"

#include <utility>

namespace ticketd::domain {

// The first and the last id that an order of this one's event and buyer can have, where the layout is by_event.
[[nodiscard]] std::pair<order_id, order_id> ids_of_same_buyer(const order_id& id) noexcept;

}  // namespace ticketd::domain
