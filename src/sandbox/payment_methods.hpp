// Stripe's test payment methods (https://docs.stripe.com/testing#cards), as many as ticketd has a use for, and one that
// Stripe has not: a card whose charge is slow.
//
// Constants, and a pure function. Thread: any.
#pragma once

#include <chrono>
#include <string_view>

namespace ticketd::sandbox {

// Why a card is refused, as Stripe says it.
struct card_refusal {
  std::string_view code;
  std::string_view decline_code;  // or empty
};

extern const card_refusal generic_refusal;

// Those that are charged (pm_card_visa, pm_card_tr ...), and those that are refused (pm_card_chargeDeclined ...).
[[nodiscard]] bool is_payment_method(std::string_view id) noexcept;

// nullptr for one that is charged.
[[nodiscard]] const card_refusal* refusal_of(std::string_view payment_method) noexcept;

// How much longer than others its charge takes: nothing, but for pm_card_slow, which is charged after a while that a
// buyer notices, and within the time that ticketd has for a charge.
[[nodiscard]] std::chrono::milliseconds slowness_of(std::string_view payment_method) noexcept;

}  // namespace ticketd::sandbox
