#include "ticketd/domain/order_id_mint.hpp"

#include "domain/keyed_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace ticketd::domain {
namespace {

constexpr std::size_t name_size = 10;

// RFC 9562, 5.8: version 8 in the upper half of byte 6, variant 10 in the two upper bits of byte 8.
void stamp_version(order_id::bytes& value) noexcept {
  value[6] = static_cast<std::uint8_t>((value[6] & 0x0f) | 0x80);
  value[8] = static_cast<std::uint8_t>((value[8] & 0x3f) | 0x80);
}

}  // namespace

order_id_mint::order_id_mint(std::string_view secret) : hash_(std::make_unique<keyed_hash>(secret)) {}
order_id_mint::~order_id_mint() = default;
order_id_mint::order_id_mint(order_id_mint&&) noexcept = default;
order_id_mint& order_id_mint::operator=(order_id_mint&&) noexcept = default;

order_id order_id_mint::mint(std::string_view buyer, std::string_view idempotency_key) {
  const auto digest = (*hash_)('n', buyer, idempotency_key);
  order_id::bytes name{};
  std::copy_n(digest.begin(), name_size, name.begin());
  return seal(name);
}

order_id order_id_mint::mint_random() {
  order_id::bytes name{};
  if (RAND_bytes(name.data(), static_cast<int>(name_size)) != 1) throw std::runtime_error("OpenSSL has no entropy");
  return seal(name);
}

order_id order_id_mint::seal(order_id::bytes name) {
  stamp_version(name);
  const auto digest = (*hash_)('s', as_text(std::span(name).first(name_size)));
  std::copy_n(digest.begin(), name.size() - name_size, name.begin() + name_size);
  return order_id(name);
}

bool order_id_mint::is_ours(const order_id& id) {
  const order_id sealed = seal(id.value());
  // In constant time, so that a seal cannot be guessed byte by byte.
  return CRYPTO_memcmp(sealed.value().data(), id.value().data(), id.value().size()) == 0;
}

}  // namespace ticketd::domain
