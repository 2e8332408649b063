#include "api/admin_token.hpp"

#include "api/problems.hpp"

#include <boost/beast/core/string.hpp>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

namespace ticketd::roles::api {
namespace {

using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

digest sha256(std::string_view text) {
  digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

// Digests have one length whatever is compared, so not even the token's length can be timed.
bool is_same(std::string_view left, std::string_view right) {
  const digest a = sha256(left);
  const digest b = sha256(right);
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<http::problem> check_admin_token(const http::request& request, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  const auto header = request[http::field::authorization];
  const std::string_view value(header.data(), header.size());
  const bool has_token =
      value.size() > scheme.size() && boost::beast::iequals(boost::beast::string_view(value.data(), scheme.size()),
                                                            boost::beast::string_view(scheme.data(), scheme.size()));
  if (!has_token)
    return http::problem{.type = problems::unauthorized,
                         .detail = "send the admin token as Authorization: Bearer <token>"};
  if (!is_same(value.substr(scheme.size()), token))
    return http::problem{.type = problems::forbidden, .detail = "this is not the admin token"};
  return std::nullopt;
}

}  // namespace ticketd::roles::api
