// What the outcome of a charge or a refund means for its payment and its order: a pure function over what the
// database said under lock. Outcomes may come twice, late or out of order; none counts twice.
#pragma once

#include "ticketd/persistence/payment_store.hpp"

#include <optional>
#include <string_view>

namespace ticketd::persistence {

// As the type payment_status in the schema.
enum class payment_status { pending, succeeded, declined, canceled, refund_due, refunded };

[[nodiscard]] std::string_view to_string(payment_status status) noexcept;
// Throws std::logic_error for any other text: the schema and this disagree.
[[nodiscard]] payment_status parse_payment_status(std::string_view text);

struct payment_verdict {
  // What they become; empty where they stay.
  std::optional<payment_status> payment;
  std::optional<domain::order_status> order;

  friend bool operator==(const payment_verdict&, const payment_verdict&) = default;
};

// `not_sent` here speaks of all attempts so far: with an earlier one that may have been sent the outcome is `unknown`.
// `has_tickets`: whether the order's category still has as many left as the order is for, and its buyer may have them.
[[nodiscard]] payment_verdict judge(payment_task task, payment_result outcome, payment_status payment,
                                    domain::order_status order, bool has_tickets) noexcept;

}  // namespace ticketd::persistence
