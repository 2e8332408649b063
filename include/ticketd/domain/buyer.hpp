// Who buys. A buyer is an email address.
//
// Pure: any thread.
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

// The form in which email addresses are compared: without blanks around it, ASCII letters lowered, the domain as mail
// systems ask for it (A-labels, RFC 5890). A local part beyond ASCII stays as it is (RFC 6531): only its own server
// knows which of its spellings are one, and no letter of Turkish is taken for another. What is no address may stay as
// it is, too.
[[nodiscard]] std::string canonical_email(std::string_view email);

}  // namespace ticketd::domain
