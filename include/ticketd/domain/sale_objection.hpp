// Why a sale does not sell at a moment, for edge and settlement alike, and in one order: where several reasons hold,
// both give the same one.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/sale.hpp"

namespace ticketd::domain {

// Of an order that is accepted then; none where the window is open. One that would open after its event has started is
// closed: nobody need wait for it.
[[nodiscard]] inline order_reason objection_of(const sale_window& window, timestamp accepted_at) noexcept {
  if (window.has_closed(accepted_at)) return order_reason::sale_closed;
  if (!window.has_opened(accepted_at)) return order_reason::sale_not_open;
  return order_reason::none;
}

}  // namespace ticketd::domain
