// To find out whether a failure is one event's own, its orders are settled as if they were another event's, and rolled
// back: of which category, and as what.
//
// Pure functions over values. Nothing here is thread-bound.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <span>

namespace ticketd::domain {

// A category of another event.
struct rehearsal_candidate {
  category_stock category{};
  bool has_waiting = false;  // orders of its event wait for it
};

// The first where an order of one ticket that was accepted then would get it, as all that settlement writes is written
// only there; where there is none, the first at all. Never one of an event that orders wait for, which may be in
// trouble itself. Null where none is left.
[[nodiscard]] const category_stock* choose_category(std::span<const rehearsal_candidate> candidates,
                                                    timestamp accepted_at) noexcept;

// The order as if it were for one ticket of that category, at its price: with another id, as who has just run out of
// time may still be writing the order itself, and with the longest text that is let in.
[[nodiscard]] accepted_order as_if_for(const category_stock& other, const accepted_order& order);

}  // namespace ticketd::domain
