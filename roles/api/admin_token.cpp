#include "api/admin_token.hpp"

#include "problems.hpp"

#include <boost/beast/core/string.hpp>
#include <openssl/crypto.h>

#include <string_view>

namespace ticketd::roles::api {
namespace {

// All of them are compared, and digests have one length whatever they are of: not even a token's length can be timed.
const config::admin* find(std::string_view token, std::span<const config::admin> admins) {
  const auto digest = text::sha256(token);
  const config::admin* found = nullptr;
  for (const auto& admin : admins)
    if (CRYPTO_memcmp(digest.data(), admin.token.data(), digest.size()) == 0) found = &admin;
  return found;
}

}  // namespace

std::variant<std::string, http::problem> find_admin(const http::request& request,
                                                    std::span<const config::admin> admins) {
  constexpr std::string_view scheme = "Bearer ";
  const auto header = request[http::field::authorization];
  const std::string_view value(header.data(), header.size());
  const bool has_token =
      value.size() > scheme.size() && boost::beast::iequals(boost::beast::string_view(value.data(), scheme.size()),
                                                            boost::beast::string_view(scheme.data(), scheme.size()));
  if (!has_token)
    return http::problem{.type = problems::unauthorized,
                         .detail = "send an admin token as Authorization: Bearer <token>"};
  const auto* admin = find(value.substr(scheme.size()), admins);
  if (admin == nullptr) return http::problem{.type = problems::forbidden, .detail = "this is no admin token"};
  return admin->name;
}

}  // namespace ticketd::roles::api
