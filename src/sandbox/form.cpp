#include "sandbox/form.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ticketd::sandbox {
namespace {

// Percent-encoding, and '+' for a space. Not Boost.URL's: it holds a form for a URL's query, in which the brackets of
// Stripe's names ("payment_method_types[]") may not stand as they are, and curl sends them so.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+') {
      decoded += ' ';
    } else if (c == '%') {
      unsigned char byte = 0;
      const std::string_view digits = text.substr(i + 1, 2);
      const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (failure != std::errc() || end != digits.data() + 2) return std::nullopt;
      decoded += static_cast<char>(byte);
      i += 2;
    } else if (c > ' ' && c < '\x7f') {
      decoded += c;
    } else {
      return std::nullopt;
    }
  }
  return decoded;
}

}  // namespace

std::optional<form> parse_form(std::string_view body) {
  form fields;
  while (!body.empty()) {
    const std::string_view field = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(field.size() + 1, body.size()));
    const auto equals = std::min(field.find('='), field.size());
    auto name = decode(field.substr(0, equals));
    auto value = decode(field.substr(std::min(equals + 1, field.size())));
    if (!name || !value) return std::nullopt;
    if (!name->empty()) fields.insert_or_assign(std::move(*name), std::move(*value));
  }
  return fields;
}

}  // namespace ticketd::sandbox
