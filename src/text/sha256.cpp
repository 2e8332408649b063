#include "ticketd/text/sha256.hpp"

#include <openssl/sha.h>

#include <charconv>
#include <cstddef>
#include <system_error>

namespace ticketd::text {

sha256_digest sha256(std::string_view text) {
  sha256_digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::optional<sha256_digest> parse_sha256(std::string_view digits) noexcept {
  sha256_digest digest{};
  if (digits.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const begin = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, digest[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
  }
  return digest;
}

}  // namespace ticketd::text
