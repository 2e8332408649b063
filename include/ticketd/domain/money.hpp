// An amount of money: minor units (kurus, cents) of an ISO 4217 currency. Never a floating-point number.
#pragma once

#include <cstdint>
#include <string>

namespace ticketd::domain {

struct money {
  std::int64_t amount = 0;
  std::string currency;

  friend bool operator==(const money&, const money&) = default;
};

}  // namespace ticketd::domain
