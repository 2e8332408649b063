#include "ticketd/domain/order_limits.hpp"

#include <boost/nowide/utf/utf.hpp>

#include <algorithm>

namespace ticketd::domain {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_visible_ascii(char c) noexcept { return c > 0x20 && c < 0x7f; }

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_utf8(std::string_view text) noexcept {
  namespace utf = boost::nowide::utf;
  for (auto at = text.begin(); at != text.end();) {
    const auto code_point = utf::utf_traits<char>::decode(at, text.end());
    if (code_point == utf::illegal || code_point == utf::incomplete) return false;
  }
  return true;
}

bool has_size(std::string_view text, std::size_t bytes_max) noexcept {
  return !text.empty() && text.size() <= bytes_max;
}

bool has_labels(std::string_view mail_domain) noexcept {
  return !mail_domain.empty() && mail_domain.front() != '.' && mail_domain.back() != '.' &&
         mail_domain.find("..") == std::string_view::npos && mail_domain.find('@') == std::string_view::npos;
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t bytes_max) noexcept {
  const bool is_blank = text.find_first_not_of(' ') == std::string_view::npos;
  return has_size(text, bytes_max) && !is_blank && std::ranges::none_of(text, is_control) && is_utf8(text);
}

bool is_email(std::string_view text) noexcept {
  constexpr std::string_view quoting = "\",<>";
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > email_local_part_bytes_max) return false;
  const auto is_usual = [&](char c) { return is_visible_ascii(c) && quoting.find(c) == std::string_view::npos; };
  return has_size(text, email_bytes_max) && std::ranges::all_of(text, is_usual) && has_labels(text.substr(at + 1));
}

bool is_idempotency_key(std::string_view text) noexcept {
  return has_size(text, idempotency_key_bytes_max) && std::ranges::all_of(text, is_visible_ascii);
}

bool is_payment_method(std::string_view text) noexcept {
  return has_size(text, payment_method_bytes_max) && std::ranges::all_of(text, is_word);
}

}  // namespace ticketd::domain
