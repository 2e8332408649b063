// Mints orders' ids: UUIDs that ticketd knows as its own without a look-up.
//
// Layout (RFC 9562, version 8: custom):
//
//    bytes 0-9    the name: 74 bits, HMAC-SHA256(secret, buyer and Idempotency-Key), or random where there is no key
//    bytes 10-15  the seal: 48 bits, HMAC-SHA256(secret, the name)
//
// Because the name is a function of buyer and key, a repeat on any replica mints the same id; because of the seal an
// order that is still in the queue can be told from an id that somebody made up, with every store down. A million
// orders collide with a chance of about 3 in 10^11.
#pragma once

#include "ticketd/domain/order_id.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ticketd::domain {

class keyed_hash;  // private

// Mints ids and recognises them. Replicas that share a secret mint alike. One thread at a time.
class order_id_mint {
 public:
  explicit order_id_mint(std::string_view secret);
  ~order_id_mint();
  order_id_mint(order_id_mint&&) noexcept;
  order_id_mint& operator=(order_id_mint&&) noexcept;

  // `buyer` in its compared form (see canonical_email).
  [[nodiscard]] order_id mint(std::string_view buyer, std::string_view idempotency_key);
  [[nodiscard]] order_id mint_random();
  [[nodiscard]] bool is_ours(const order_id& id);

 private:
  [[nodiscard]] order_id seal(order_id::bytes name);

  std::unique_ptr<keyed_hash> hash_;
};

}  // namespace ticketd::domain
