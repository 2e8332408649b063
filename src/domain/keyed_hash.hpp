// HMAC-SHA256 under one key: what seals ids and prints ticket codes.
//
// The keyed state is computed once and reset for each message, which is what makes minting an id cost a microsecond
// (EVP_MAC_init(3): a null key starts over with the one that is set). One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace ticketd::domain {

class keyed_hash {
 public:
  using digest = std::array<std::uint8_t, 32>;

  // Throws std::runtime_error where OpenSSL offers no HMAC-SHA256.
  explicit keyed_hash(std::string_view key);
  ~keyed_hash();
  keyed_hash(const keyed_hash&) = delete;
  keyed_hash& operator=(const keyed_hash&) = delete;

  // `purpose` keeps the uses of one secret apart. Each part is preceded by its length, so that ("ab", "c") and
  // ("a", "bc") differ.
  template <class... Parts>
  [[nodiscard]] digest operator()(char purpose, const Parts&... parts) {
    begin(purpose);
    (add(parts), ...);
    return end();
  }

 private:
  void begin(char purpose);
  void add(std::string_view part);
  [[nodiscard]] digest end();

  evp_mac_ctx_st* context_ = nullptr;
};

[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ticketd::domain
