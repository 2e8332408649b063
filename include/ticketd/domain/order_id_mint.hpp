// Mints orders' ids: UUIDs that ticketd knows as its own without a look-up.
//
// Layouts (RFC 9562, version 8: custom); all hashes are HMAC-SHA256 under the secret:
//
//    by_buyer   bytes 0-9    the name: 74 bits, a hash of buyer and Idempotency-Key, or random where there is no key
//               bytes 10-15  the seal: 48 bits, a hash of the name
//
//    by_event   bytes 0-1    16 bits, a hash of the event: an event's orders lie together in the index of ids, so
//                            that what was sold for other events is not touched by them
//               bytes 2-5    32 bits, a hash of event and buyer: a buyer's orders are one range of that index
//               bytes 6-10   34 bits, a hash of event, buyer and Idempotency-Key, or random where there is no key
//               bytes 11-15  the seal: 40 bits, a hash of all before it
//
// Because an id is a function of what the buyer sent, a repeat on any replica mints the same id; because of the seal an
// order that is still in the queue can be told from an id that somebody made up, with every store down. Of an event's
// million orders two collide with a chance of about 3 in 10^11 by buyer, and 7 in 10^9 by event; the settler knows the
// second from a repeat by its buyer.
//
// An event's ids are all made under the secret that was in use when the event was made, for as long as there is the
// event: a repeat is the same id, and a buyer's orders are one range, before and after the secret is replaced.
//
// Thread: one at a time for each mint.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/secrets.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::domain {

class sealing_keys;  // private
struct sealing_key;

// Whose order it is; `buyer` in its compared form (see canonical_email).
struct id_subject {
  id_layout layout = id_layout::by_event;
  std::string_view event_id;
  std::string_view buyer;
  std::string_view secret_generation{};  // the event's; "" of one that was made before there were any
};

// Mints ids and recognises them. Replicas that know an event's secret mint alike.
class order_id_mint {
 public:
  explicit order_id_mint(const secrets& known);
  ~order_id_mint();
  order_id_mint(order_id_mint&&) noexcept;
  order_id_mint& operator=(order_id_mint&&) noexcept;

  // Whether ids can be made for an event of this generation: whoever mints asks first.
  [[nodiscard]] bool knows(std::string_view secret_generation) const noexcept;
  // Throw std::logic_error for a generation that is not known.
  [[nodiscard]] order_id mint(const id_subject& subject, std::string_view idempotency_key);
  [[nodiscard]] order_id mint_random(const id_subject& subject);
  // Whose seal fits, under any of the secrets; nullopt for an id that is none of ours.
  [[nodiscard]] std::optional<id_layout> layout_of(const order_id& id);

 private:
  [[nodiscard]] sealing_key& key_of(const id_subject& subject);

  std::unique_ptr<sealing_keys> keys_;
};

}  // namespace ticketd::domain
