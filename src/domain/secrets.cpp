#include "ticketd/domain/secrets.hpp"

#include "domain/keyed_hash.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <span>

namespace ticketd::domain {

std::string generation_of(std::string_view secret) {
  constexpr std::size_t bytes = 8;
  const auto digest = keyed_hash(secret)('g');
  std::string name;
  for (const auto byte : std::span(digest).first(bytes)) name += fmt::format("{:02x}", byte);
  return name;
}

}  // namespace ticketd::domain
