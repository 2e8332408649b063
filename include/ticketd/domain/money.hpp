// An amount of money: minor units (kurus, cents) of an ISO 4217 currency. Never a floating-point number.
//
// Values: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ticketd::domain {

struct money {
  std::int64_t amount = 0;
  std::string currency;

  friend bool operator==(const money&, const money&) = default;
};

// Of one ticket. With the largest quantity that an order may have, its total still fits into 64 bits.
inline constexpr std::int64_t price_amount_max = 1'000'000'000'000;

// Three capital letters, as ISO 4217 has them.
[[nodiscard]] constexpr bool is_currency(std::string_view text) noexcept {
  if (text.size() != 3) return false;
  for (const char c : text)
    if (c < 'A' || c > 'Z') return false;
  return true;
}

// What a provider takes in one charge, in minor units of whatever currency.
struct charge_bounds {
  std::int64_t least = 1;
  std::int64_t most = 99'999'999;  // eight digits (Stripe, "Minimum and maximum charge amounts")

  // What costs nothing is free: nobody is charged for it.
  [[nodiscard]] constexpr bool take(std::int64_t amount) const noexcept {
    return amount == 0 || (amount >= least && amount <= most);
  }
};

// What so many tickets at this price cost.
[[nodiscard]] inline money total_of(const money& price, int quantity) {
  return {price.amount * quantity, price.currency};
}

}  // namespace ticketd::domain
