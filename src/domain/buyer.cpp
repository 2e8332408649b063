#include "ticketd/domain/buyer.hpp"

#include <algorithm>

namespace ticketd::domain {

std::string canonical_email(std::string_view email) {
  std::string lowered(email);
  std::ranges::transform(lowered, lowered.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lowered;
}

}  // namespace ticketd::domain
