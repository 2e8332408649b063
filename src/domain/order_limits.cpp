#include "ticketd/domain/order_limits.hpp"

#include "ticketd/text/visible_ascii.hpp"

#include <boost/nowide/utf/utf.hpp>

#include <algorithm>
#include <optional>

namespace ticketd::domain {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The next character of the text; nullopt where it is no UTF-8.
std::optional<char32_t> next_character(std::string_view::iterator& at, std::string_view::iterator end) noexcept {
  namespace utf = boost::nowide::utf;
  const auto code_point = utf::utf_traits<char>::decode(at, end);
  if (code_point == utf::illegal || code_point == utf::incomplete) return std::nullopt;
  return static_cast<char32_t>(code_point);
}

bool is_utf8(std::string_view text) noexcept {
  for (auto at = text.begin(); at != text.end();)
    if (!next_character(at, text.end())) return false;
  return true;
}

struct character_range {
  char32_t first;
  char32_t last;
};

// What leaves no mark: Unicode's controls, White_Space, Default_Ignorable_Code_Point and format characters, and the
// blank of Braille.
constexpr character_range invisible[] = {
    {0x00, 0x20},     {0x7f, 0xa0},       {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},   {0x115f, 0x1160},
    {0x1680, 0x1680}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f}, {0x205f, 0x206f},
    {0x2800, 0x2800}, {0x3000, 0x3000},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool is_visible(char32_t character) noexcept {
  return std::ranges::none_of(
      invisible, [&](const character_range& range) { return range.first <= character && character <= range.last; });
}

bool has_size(std::string_view text, std::size_t bytes_max) noexcept {
  return !text.empty() && text.size() <= bytes_max;
}

bool has_labels(std::string_view mail_domain) noexcept {
  return !mail_domain.empty() && mail_domain.front() != '.' && mail_domain.back() != '.' &&
         mail_domain.find("..") == std::string_view::npos;
}

// Of ASCII, what stands in addresses without being quoted.
bool is_usual(char c) noexcept {
  constexpr std::string_view quoting = "\",<>";
  return text::is_visible_ascii(c) && quoting.find(c) == std::string_view::npos;
}

bool is_local_part(std::string_view text) noexcept {
  for (auto at = text.begin(); at != text.end();) {
    const auto character = next_character(at, text.end());
    const bool is_ascii = character && *character < 0x80;
    if (!character || (is_ascii ? !is_usual(static_cast<char>(*character)) : !is_visible(*character))) return false;
  }
  return true;
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t bytes_max) noexcept {
  const bool is_blank = text.find_first_not_of(' ') == std::string_view::npos;
  return has_size(text, bytes_max) && !is_blank && std::ranges::none_of(text, is_control) && is_utf8(text);
}

bool is_visible_text(std::string_view text) noexcept {
  for (auto at = text.begin(); at != text.end();) {
    const auto character = next_character(at, text.end());
    if (!character) return false;
    if (is_visible(*character)) return true;
  }
  return false;
}

std::string_view fault_of_email(std::string_view text) noexcept {
  if (text.empty()) return "it is empty";
  if (text.size() > email_bytes_max) return "it has more than 254 bytes";
  const auto at = text.find('@');
  if (at == std::string_view::npos) return "it has no @";
  const auto local_part = text.substr(0, at);
  const auto mail_domain = text.substr(at + 1);
  if (local_part.empty()) return "nothing stands before the @";
  if (local_part.size() > email_local_part_bytes_max) return "more than 64 bytes stand before the @";
  if (mail_domain.find('@') != std::string_view::npos) return "it has more than one @";
  if (!is_local_part(local_part)) return "before the @ stands a character that no address has";
  if (!std::ranges::all_of(mail_domain, is_usual)) return "behind the @ stands a character that no domain has";
  if (!has_labels(mail_domain)) return "what stands behind the @ is no domain";
  return "";
}

bool is_idempotency_key(std::string_view text) noexcept {
  return has_size(text, idempotency_key_bytes_max) && text::is_visible_ascii(text);
}

bool is_payment_method(std::string_view text) noexcept {
  return has_size(text, payment_method_bytes_max) && std::ranges::all_of(text, is_word);
}

}  // namespace ticketd::domain
