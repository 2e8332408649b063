// An order's id: a UUID. What it is made of, and how ticketd knows its own, stands in order_id_mint.hpp.
//
// A value: any thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::domain {

class order_id {
 public:
  using bytes = std::array<std::uint8_t, 16>;

  order_id() = default;
  explicit order_id(const bytes& value) noexcept : value_(value) {}

  // The 36-character form, in either case; nullopt for any other text.
  [[nodiscard]] static std::optional<order_id> parse(std::string_view text) noexcept;
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] const bytes& value() const noexcept { return value_; }

  friend auto operator<=>(const order_id&, const order_id&) = default;

 private:
  bytes value_{};
};

// Which of its bits stand for what (order_id_mint.hpp). An event keeps the layout that it was made with; the numbers
// stand in the database.
enum class id_layout { by_buyer = 1, by_event = 2 };

}  // namespace ticketd::domain

template <>
struct std::hash<ticketd::domain::order_id> {
  // The name's bytes are already uniformly distributed.
  std::size_t operator()(const ticketd::domain::order_id& id) const noexcept;
};
