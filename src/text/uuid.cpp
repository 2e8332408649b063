#include "ticketd/text/uuid.hpp"

namespace ticketd::text {
namespace {

constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::size_t first_dash = 8;

bool is_hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool begins_with_uuid(std::string_view text) noexcept {
  if (text.size() < uuid_size) return false;
  for (std::size_t i = 0; i < uuid_size; ++i)
    if (form[i] == '-' ? text[i] != '-' : !is_hexadecimal(text[i])) return false;
  return true;
}

}  // namespace

// By its dashes, of which most texts have none.
std::size_t find_uuid(std::string_view text, std::size_t from) noexcept {
  for (auto dash = text.find('-', from + first_dash); dash != std::string_view::npos; dash = text.find('-', dash + 1))
    if (begins_with_uuid(text.substr(dash - first_dash))) return dash - first_dash;
  return std::string_view::npos;
}

}  // namespace ticketd::text
