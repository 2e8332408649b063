// A key for each secret that is known: which of them has sealed an id, and sealing itself.
//
// One thread at a time.
#pragma once

#include "domain/keyed_hash.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/secrets.hpp"

#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::domain {

struct sealing_key {
  explicit sealing_key(std::string_view secret) : generation(generation_of(secret)), hash(secret) {}

  std::string generation;
  keyed_hash hash;
};

// Where the seal begins.
[[nodiscard]] constexpr std::size_t name_size(id_layout layout) noexcept {
  return layout == id_layout::by_buyer ? 10 : 11;
}

// The bytes before the seal are the name.
[[nodiscard]] order_id seal(keyed_hash& hash, id_layout layout, order_id::bytes name);

// The layout whose seal fits.
[[nodiscard]] std::optional<id_layout> layout_under(keyed_hash& hash, const order_id& id);

class sealing_keys {
 public:
  explicit sealing_keys(const secrets& of);

  // Of the secret in use.
  [[nodiscard]] sealing_key& current() noexcept { return keys_.front(); }
  // An event without a generation was made before there were any, under what is the oldest secret now. Null for one
  // that is not known here.
  [[nodiscard]] sealing_key* find(std::string_view generation) noexcept;
  // Null for an id that none of them has sealed.
  [[nodiscard]] sealing_key* sealer_of(const order_id& id);

  [[nodiscard]] std::list<sealing_key>& all() noexcept { return keys_; }

 private:
  std::list<sealing_key> keys_;  // the one in use, and then the latest first
};

}  // namespace ticketd::domain
