#include "ticketd/domain/order_id.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>

namespace ticketd::domain {
namespace {

constexpr std::size_t name_size = 10;
constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<std::uint8_t> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

bool has_dash_before(std::size_t byte) noexcept { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

// RFC 9562, 5.8: version 8 in the upper half of byte 6, variant 10 in the two upper bits of byte 8.
void stamp_version(order_id::bytes& value) noexcept {
  value[6] = static_cast<std::uint8_t>((value[6] & 0x0f) | 0x80);
  value[8] = static_cast<std::uint8_t>((value[8] & 0x3f) | 0x80);
}

std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::optional<order_id> order_id::parse(std::string_view text) noexcept {
  constexpr std::size_t text_size = 36;
  if (text.size() != text_size) return std::nullopt;
  bytes value{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = hex_value(text[at++]);
    const auto low = hex_value(text[at++]);
    if (!high || !low) return std::nullopt;
    value[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return order_id(value);
}

std::string order_id::to_string() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < value_.size(); ++i) {
    if (has_dash_before(i)) text += '-';
    text += hex_digits[value_[i] >> 4];
    text += hex_digits[value_[i] & 0x0f];
  }
  return text;
}

// HMAC-SHA256 under one key. The keyed state is computed once and reset for each message, which is what makes minting
// an id cost a microsecond (EVP_MAC_init(3): a null key starts over with the one that is set).
class order_id_mint::keyed_hash {
 public:
  using digest = std::array<std::uint8_t, 32>;

  explicit keyed_hash(std::string_view key) {
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
  ~keyed_hash() { EVP_MAC_CTX_free(context_); }
  keyed_hash(const keyed_hash&) = delete;
  keyed_hash& operator=(const keyed_hash&) = delete;

  // `purpose` keeps the uses of one secret apart. Each part is preceded by its length, so that ("ab", "c") and
  // ("a", "bc") differ.
  template <class... Parts>
  digest operator()(char purpose, const Parts&... parts) {
    EVP_MAC_init(context_, nullptr, 0, nullptr);
    update({&purpose, 1});
    (update_with_length(parts), ...);
    digest out{};
    std::size_t size = 0;
    EVP_MAC_final(context_, out.data(), &size, out.size());
    return out;
  }

 private:
  void update(std::string_view bytes) {
    EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  void update_with_length(std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const std::array<char, 4> length{static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                     static_cast<char>(size >> 8), static_cast<char>(size)};
    update({length.data(), length.size()});
    update(bytes);
  }

  EVP_MAC_CTX* context_ = nullptr;
};

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

std::string order_id_mint::ticket_code(const order_id& id, int ordinal) {
  constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t code_size = 16;  // 80 bits
  const auto digest = (*hash_)('t', as_text(id.value()), std::to_string(ordinal));
  std::string code;
  for (std::size_t i = 0; i < code_size; ++i) {
    const std::size_t bit = i * 5;
    const unsigned two_bytes = static_cast<unsigned>(digest[bit / 8] << 8 | digest[bit / 8 + 1]);
    code += crockford[(two_bytes >> (11 - bit % 8)) & 0x1f];
  }
  return code;
}

}  // namespace ticketd::domain

std::size_t std::hash<ticketd::domain::order_id>::operator()(const ticketd::domain::order_id& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.value().data() + 10, 6);  // the seal: uniform, and without the fixed bits of the version
  return value;
}
