// What the outcome of a charge or a refund means for its payment and its order. Outcomes may come twice, late or out of
// order; none counts twice.
//
// Pure: any thread.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/payment.hpp"

#include <optional>

namespace ticketd::domain {

struct payment_verdict {
  // What they become; empty where they stay.
  std::optional<payment_status> payment;
  std::optional<order_status> order;

  friend bool operator==(const payment_verdict&, const payment_verdict&) = default;
};

// `not_done` (or `absent`) here speaks of all attempts so far: with an earlier one that may have charged the outcome is
// `unknown`. `has_tickets`: whether the order's category still has as many left as the order is for, and its buyer may
// have them.
[[nodiscard]] payment_verdict judge(payment_task task, payment_result outcome, payment_status payment,
                                    order_status order, bool has_tickets) noexcept;

}  // namespace ticketd::domain
