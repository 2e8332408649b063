#include "domain/keyed_hash.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace ticketd::domain {
namespace {

void update(EVP_MAC_CTX* context, std::string_view bytes) {
  EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace

keyed_hash::keyed_hash(std::string_view key) {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  context_ = EVP_MAC_CTX_new(algorithm);
  EVP_MAC_free(algorithm);  // the context keeps a reference of its own
  char sha256[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                   OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (context_ == nullptr || EVP_MAC_init(context_, bytes, key.size(), parameters) != 1)
    throw std::runtime_error("OpenSSL offers no HMAC-SHA256");
}

keyed_hash::~keyed_hash() { EVP_MAC_CTX_free(context_); }

void keyed_hash::begin(char purpose) {
  EVP_MAC_init(context_, nullptr, 0, nullptr);
  update(context_, {&purpose, 1});
}

void keyed_hash::add(std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  const std::array<char, 4> length{static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                   static_cast<char>(size >> 8), static_cast<char>(size)};
  update(context_, {length.data(), length.size()});
  update(context_, part);
}

keyed_hash::digest keyed_hash::end() {
  digest out{};
  std::size_t size = 0;
  EVP_MAC_final(context_, out.data(), &size, out.size());
  return out;
}

}  // namespace ticketd::domain
