// What becomes of a charge: a function of its idempotency key, never of chance or memory. So a repeat, after a restart
// of the sandbox too, hears the same and is one charge.
//
// Pure. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::sandbox {

// "pi_" and 32 hex digits: 24 of them name the key, 8 seal the name, so that an intent that has been forgotten is still
// told from one that never was.
class intent_id {
 public:
  [[nodiscard]] static intent_id of_key(std::string_view idempotency_key);
  // nullopt for an id that the sandbox never gave out.
  [[nodiscard]] static std::optional<intent_id> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::uint64_t hash() const noexcept;

  friend bool operator==(const intent_id&, const intent_id&) = default;

 private:
  using name = std::array<std::uint8_t, 12>;
  explicit intent_id(const name& value) noexcept : name_(value) {}
  name name_{};
};

[[nodiscard]] bool is_declined(std::string_view idempotency_key, double decline_rate);

}  // namespace ticketd::sandbox
