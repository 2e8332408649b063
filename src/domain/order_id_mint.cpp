#include "ticketd/domain/order_id_mint.hpp"

#include "domain/keyed_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>

namespace ticketd::domain {
namespace {

constexpr std::size_t event_size = 2;  // by_event: bytes of the event's hash,
constexpr std::size_t buyer_end = 6;   // ... and where the buyer's ends

constexpr std::size_t name_size(id_layout layout) noexcept { return layout == id_layout::by_buyer ? 10 : 11; }

// RFC 9562, 5.8: version 8 in the upper half of byte 6, variant 10 in the two upper bits of byte 8.
void stamp_version(order_id::bytes& value) noexcept {
  value[6] = static_cast<std::uint8_t>((value[6] & 0x0f) | 0x80);
  value[8] = static_cast<std::uint8_t>((value[8] & 0x3f) | 0x80);
}

void fill(order_id::bytes& name, std::size_t from, std::size_t to, const keyed_hash::digest& digest) noexcept {
  std::copy_n(digest.begin(), to - from, name.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

order_id_mint::order_id_mint(std::string_view secret) : hash_(std::make_unique<keyed_hash>(secret)) {}
order_id_mint::~order_id_mint() = default;
order_id_mint::order_id_mint(order_id_mint&&) noexcept = default;
order_id_mint& order_id_mint::operator=(order_id_mint&&) noexcept = default;

order_id order_id_mint::mint(const id_subject& subject, std::string_view idempotency_key) {
  order_id::bytes name{};
  const std::size_t end = name_size(subject.layout);
  if (subject.layout == id_layout::by_buyer) {
    fill(name, 0, end, (*hash_)('n', subject.buyer, idempotency_key));
  } else {
    name_by_event(name, subject);
    fill(name, buyer_end, end, (*hash_)('k', subject.event_id, subject.buyer, idempotency_key));
  }
  return seal(subject.layout, name);
}

order_id order_id_mint::mint_random(const id_subject& subject) {
  order_id::bytes name{};
  if (RAND_bytes(name.data(), static_cast<int>(name_size(subject.layout))) != 1)
    throw std::runtime_error("OpenSSL has no entropy");
  if (subject.layout == id_layout::by_event) name_by_event(name, subject);
  return seal(subject.layout, name);
}

void order_id_mint::name_by_event(order_id::bytes& name, const id_subject& subject) {
  fill(name, 0, event_size, (*hash_)('e', subject.event_id));
  fill(name, event_size, buyer_end, (*hash_)('b', subject.event_id, subject.buyer));
}

order_id order_id_mint::seal(id_layout layout, order_id::bytes name) {
  stamp_version(name);
  const std::size_t end = name_size(layout);
  const char purpose = layout == id_layout::by_buyer ? 's' : 'S';
  fill(name, end, name.size(), (*hash_)(purpose, as_text(std::span(name).first(end))));
  return order_id(name);
}

std::optional<id_layout> order_id_mint::layout_of(const order_id& id) {
  for (const auto layout : {id_layout::by_event, id_layout::by_buyer}) {
    const order_id sealed = seal(layout, id.value());
    // In constant time, so that a seal cannot be guessed byte by byte.
    if (CRYPTO_memcmp(sealed.value().data(), id.value().data(), id.value().size()) == 0) return layout;
  }
  return std::nullopt;
}

std::pair<order_id, order_id> ids_of_same_buyer(const order_id& id) noexcept {
  order_id::bytes first = id.value();
  order_id::bytes last = id.value();
  std::fill(first.begin() + buyer_end, first.end(), std::uint8_t{0x00});
  std::fill(last.begin() + buyer_end, last.end(), std::uint8_t{0xff});
  return {order_id(first), order_id(last)};
}

}  // namespace ticketd::domain
