#include "api/request_age.hpp"

#include "ticketd/text/parse_number.hpp"

#include <algorithm>
#include <cstdint>

namespace ticketd::roles::api {

std::optional<domain::timestamp> parse_request_start(std::string_view value) noexcept {
  constexpr std::string_view name = "t=";
  constexpr std::size_t seconds_size = 10;  // until the year 2286
  constexpr std::size_t size = name.size() + seconds_size + std::string_view(".123").size();
  if (value.size() != size || !value.starts_with(name) || value[name.size() + seconds_size] != '.') return std::nullopt;
  const auto seconds = text::parse_number<std::uint64_t>(value.substr(name.size(), seconds_size));
  const auto milliseconds = text::parse_number<std::uint64_t>(value.substr(name.size() + seconds_size + 1));
  if (!seconds || !milliseconds) return std::nullopt;
  return domain::timestamp(std::chrono::seconds(*seconds) + std::chrono::milliseconds(*milliseconds));
}

std::optional<std::chrono::milliseconds> request_age::of(std::string_view value, domain::timestamp now) {
  const auto taken_at = parse_request_start(value);
  if (!taken_at) return std::nullopt;
  turn(now);
  const auto difference = std::chrono::floor<std::chrono::milliseconds>(now - *taken_at);
  smallest_ = std::min(smallest_.value_or(difference), difference);
  const auto age = difference - std::min(*smallest_, smallest_before_.value_or(*smallest_));
  return age <= longest ? age : std::chrono::milliseconds(0);
}

void request_age::turn(domain::timestamp now) {
  const auto since = now - began_at_;
  if (since >= std::chrono::seconds(0) && since < span) return;
  const bool is_long_ago = since < std::chrono::seconds(0) || since >= 2 * span;
  smallest_before_ = is_long_ago ? std::nullopt : smallest_;
  smallest_.reset();
  began_at_ = now;
}

void standing_queue::note(std::chrono::milliseconds age, domain::timestamp now) noexcept {
  const auto silence = now - last_at_;
  const bool goes_on = age >= target && silence >= std::chrono::seconds(0) && silence < stands_after;
  if (!goes_on) began_at_ = now;
  last_at_ = now;
}

}  // namespace ticketd::roles::api
