#include "api/preferences.hpp"

#include "api/headers.hpp"
#include "ticketd/text/parse_number.hpp"

#include <boost/beast/core/string.hpp>

#include <cstdint>
#include <string_view>

namespace ticketd::roles::api {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Takes the text up to the next `mark`, and that, off the front.
std::string_view next_part(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trimmed(part);
}

// A word is a token or a quoted string (RFC 7240, 2): no number needs a backslash in one.
std::string_view unquoted(std::string_view word) {
  const bool is_quoted = word.size() >= 2 && word.starts_with('"') && word.ends_with('"');
  return is_quoted ? word.substr(1, word.size() - 2) : word;
}

}  // namespace

std::optional<std::chrono::seconds> preferred_wait(const http::request& request) {
  const auto [begin, end] =
      request.equal_range(boost::beast::string_view(headers::prefer.data(), headers::prefer.size()));
  for (auto header = begin; header != end; ++header) {
    std::string_view list(header->value().data(), header->value().size());
    while (!list.empty()) {
      std::string_view preference = next_part(list, ',');
      std::string_view wanted = next_part(preference, ';');  // what is behind it are parameters, and it has none
      if (!boost::beast::iequals(next_part(wanted, '='), "wait")) continue;
      const auto seconds = text::parse_number<std::uint32_t>(unquoted(trimmed(wanted)));
      if (!seconds) return std::nullopt;
      return std::chrono::seconds(*seconds);
    }
  }
  return std::nullopt;
}

}  // namespace ticketd::roles::api
