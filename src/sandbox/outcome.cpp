#include "sandbox/outcome.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ticketd::sandbox {
namespace {

constexpr std::string_view prefix = "pi_";
constexpr std::size_t seal_size = 4;

using digest = std::array<std::uint8_t, 32>;

// `purpose` keeps the digests of one text apart: an id must not tell the outcome.
digest sha256(std::string_view purpose, std::string_view text) {
  std::string whole(purpose);
  whole += text;
  digest out{};
  if (EVP_Digest(whole.data(), whole.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not to be had");
  return out;
}

digest seal_of(const std::array<std::uint8_t, 12>& name) {
  return sha256("seal:", {reinterpret_cast<const char*>(name.data()), name.size()});
}

void append_hex(std::string& to, const std::uint8_t* bytes, std::size_t count) {
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < count; ++i) {
    to += digits[bytes[i] >> 4];
    to += digits[bytes[i] & 15];
  }
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

intent_id intent_id::of_key(std::string_view idempotency_key) {
  const digest whole = sha256("id:", idempotency_key);
  name value{};
  std::copy_n(whole.begin(), value.size(), value.begin());
  return intent_id(value);
}

std::optional<intent_id> intent_id::parse(std::string_view text) {
  name value{};
  if (text.size() != prefix.size() + 2 * (value.size() + seal_size)) return std::nullopt;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto high = hex_digit(text[prefix.size() + 2 * i]);
    const auto low = hex_digit(text[prefix.size() + 2 * i + 1]);
    if (!high || !low) return std::nullopt;
    value[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  const intent_id id(value);
  if (id.to_string() != text) return std::nullopt;
  return id;
}

std::string intent_id::to_string() const {
  std::string text(prefix);
  append_hex(text, name_.data(), name_.size());
  append_hex(text, seal_of(name_).data(), seal_size);
  return text;
}

std::uint64_t intent_id::hash() const noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, name_.data(), sizeof first);
  return first;
}

bool is_declined(std::string_view idempotency_key, double decline_rate) {
  const digest whole = sha256("outcome:", idempotency_key);
  std::uint64_t drawn = 0;
  for (std::size_t i = 0; i < sizeof drawn; ++i) drawn = drawn << 8 | whole[i];
  constexpr double two_to_53 = 9007199254740992.0;  // as many values as a double has between 0 and 1, evenly
  return static_cast<double>(drawn >> 11) / two_to_53 < decline_rate;
}

}  // namespace ticketd::sandbox
