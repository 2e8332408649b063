#include "domain/sealing_keys.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <span>

namespace ticketd::domain {
namespace {

// RFC 9562, 5.8: version 8 in the upper half of byte 6, variant 10 in the two upper bits of byte 8.
void stamp_version(order_id::bytes& value) noexcept {
  value[6] = static_cast<std::uint8_t>((value[6] & 0x0f) | 0x80);
  value[8] = static_cast<std::uint8_t>((value[8] & 0x3f) | 0x80);
}

}  // namespace

order_id seal(keyed_hash& hash, id_layout layout, order_id::bytes name) {
  stamp_version(name);
  const std::size_t end = name_size(layout);
  const char purpose = layout == id_layout::by_buyer ? 's' : 'S';
  const auto digest = hash(purpose, as_text(std::span(name).first(end)));
  std::copy_n(digest.begin(), name.size() - end, name.begin() + static_cast<std::ptrdiff_t>(end));
  return order_id(name);
}

std::optional<id_layout> layout_under(keyed_hash& hash, const order_id& id) {
  for (const auto layout : {id_layout::by_event, id_layout::by_buyer}) {
    const order_id sealed = seal(hash, layout, id.value());
    // In constant time, so that a seal cannot be guessed byte by byte.
    if (CRYPTO_memcmp(sealed.value().data(), id.value().data(), id.value().size()) == 0) return layout;
  }
  return std::nullopt;
}

sealing_keys::sealing_keys(const secrets& of) {
  keys_.emplace_back(of.current);
  for (const auto& secret : of.previous)
    if (find(generation_of(secret)) == nullptr) keys_.emplace_back(secret);
}

sealing_key* sealing_keys::find(std::string_view generation) noexcept {
  if (generation.empty()) return &keys_.back();
  const auto found = std::ranges::find(keys_, generation, &sealing_key::generation);
  return found == keys_.end() ? nullptr : &*found;
}

sealing_key* sealing_keys::sealer_of(const order_id& id) {
  const auto found = std::ranges::find_if(keys_, [&](auto& key) { return layout_under(key.hash, id).has_value(); });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace ticketd::domain
