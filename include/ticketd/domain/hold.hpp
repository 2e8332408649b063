// How long reserved tickets wait for their payment, and what that makes of a payment that begins.
//
// A pure function; nothing here is thread-bound.
#pragma once

#include <chrono>
#include <optional>

namespace ticketd::domain {

struct hold_terms {
  // How long reserved tickets wait for their payment, from the claim of the first charge on. Longer: tickets that
  // nobody pays for are kept from others.
  std::chrono::seconds hold{600};
  // How long they wait for that claim; then the order expires, and is never charged. Longer: a payment stage that is
  // far behind keeps more tickets waiting.
  std::chrono::seconds payment_wait_max{900};
  // Where the request that reserves also charges: for how long the payment stage leaves the order's first claim to it.
  std::optional<std::chrono::seconds> charged_here_for{};
};

// A payment as it is written with its reservation. Times count from then.
struct new_payment {
  std::chrono::seconds due_in{0};  // when the payment stage may claim it
  std::chrono::seconds expires_in{0};

  friend bool operator==(const new_payment&, const new_payment&) = default;
};

[[nodiscard]] constexpr new_payment begin_payment(const hold_terms& terms) noexcept {
  return {.due_in = terms.charged_here_for.value_or(std::chrono::seconds(0)), .expires_in = terms.payment_wait_max};
}

}  // namespace ticketd::domain
