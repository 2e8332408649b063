// Who buys. A buyer is an email address.
#pragma once

#include <string>
#include <string_view>

namespace ticketd::domain {

struct buyer {
  std::string name;
  std::string email;  // canonical: see canonical_email
};

// Stands for a buyer of whom nothing can be read, or written. No address, so nobody's.
inline constexpr std::string_view unknown_buyer = "unknown";

// The form in which email addresses are compared: ASCII letters lowered.
[[nodiscard]] std::string canonical_email(std::string_view email);

}  // namespace ticketd::domain
