#include "ticketd/domain/order_id_mint.hpp"

#include "domain/order_id_parts.hpp"
#include "domain/sealing_keys.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace ticketd::domain {
namespace {

void fill(order_id::bytes& name, std::size_t from, std::size_t to, const keyed_hash::digest& digest) noexcept {
  std::copy_n(digest.begin(), to - from, name.begin() + static_cast<std::ptrdiff_t>(from));
}

void name_by_event(keyed_hash& hash, order_id::bytes& name, const id_subject& subject) {
  fill(name, 0, event_end, hash('e', subject.event_id));
  fill(name, event_end, buyer_end, hash('b', subject.event_id, subject.buyer));
}

}  // namespace

order_id_mint::order_id_mint(const secrets& known) : keys_(std::make_unique<sealing_keys>(known)) {}
order_id_mint::~order_id_mint() = default;
order_id_mint::order_id_mint(order_id_mint&&) noexcept = default;
order_id_mint& order_id_mint::operator=(order_id_mint&&) noexcept = default;

bool order_id_mint::knows(std::string_view secret_generation) const noexcept {
  return keys_->find(secret_generation) != nullptr;
}

sealing_key& order_id_mint::key_of(const id_subject& subject) {
  auto* key = keys_->find(subject.secret_generation);
  if (key == nullptr) throw std::logic_error("an id under a secret that is not known here");
  return *key;
}

order_id order_id_mint::mint(const id_subject& subject, std::string_view idempotency_key) {
  auto& hash = key_of(subject).hash;
  order_id::bytes name{};
  const std::size_t end = name_size(subject.layout);
  if (subject.layout == id_layout::by_buyer) {
    fill(name, 0, end, hash('n', subject.buyer, idempotency_key));
  } else {
    name_by_event(hash, name, subject);
    fill(name, buyer_end, end, hash('k', subject.event_id, subject.buyer, idempotency_key));
  }
  return seal(hash, subject.layout, name);
}

order_id order_id_mint::mint_random(const id_subject& subject) {
  auto& hash = key_of(subject).hash;
  order_id::bytes name{};
  if (RAND_bytes(name.data(), static_cast<int>(name_size(subject.layout))) != 1)
    throw std::runtime_error("OpenSSL has no entropy");
  if (subject.layout == id_layout::by_event) name_by_event(hash, name, subject);
  return seal(hash, subject.layout, name);
}

std::optional<id_layout> order_id_mint::layout_of(const order_id& id) {
  for (auto& key : keys_->all())
    if (const auto layout = layout_under(key.hash, id)) return layout;
  return std::nullopt;
}

}  // namespace ticketd::domain
