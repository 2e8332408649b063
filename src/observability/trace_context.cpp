#include "ticketd/observability/trace_context.hpp"

#include <algorithm>
#include <cstddef>

namespace ticketd::observability {
namespace {

constexpr std::size_t length = 55;  // version "-" trace-id "-" parent-id "-" trace-flags

// Upper-case digits make a header invalid (Trace Context, section 3.2.2).
bool is_lower_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_lower_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_lower_hex(c); });
}

bool is_id(std::string_view text) noexcept {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// The sampled flag is the lowest bit of the lower digit.
bool is_odd_digit(char c) noexcept { return (c <= '9' ? c - '0' : c - 'a' + 10) % 2 == 1; }

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto trace_id = text.substr(3, 32);
  const auto parent_id = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (!is_lower_hex(version) || version == "ff") return std::nullopt;
  if (!is_id(trace_id) || !is_id(parent_id) || !is_lower_hex(flags)) return std::nullopt;
  // Version 00 ends here. A later one may go on after a dash, with what we need not understand (section 3.2.4).
  if (text.size() > length && (version == "00" || text[length] != '-')) return std::nullopt;
  return trace_context{trace_id, is_odd_digit(flags[1])};
}

std::string forwarded_traceparent(std::string_view text) {
  if (!parse_traceparent(text)) return {};
  return std::string("00").append(text.substr(2, length - 2));
}

}  // namespace ticketd::observability
