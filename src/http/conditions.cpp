#include "ticketd/http/conditions.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace ticketd::http {
namespace {

constexpr std::size_t etag_bytes = 16;  // of the digest: as good as all of it against chance
constexpr std::string_view weak_mark = "W/";

struct entity_tag {
  std::string_view opaque;  // with its quotes
  bool is_weak = false;
};

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

// Takes a tag off the front; nullopt where there is none.
std::optional<entity_tag> next_tag(std::string_view& text) {
  entity_tag tag;
  tag.is_weak = text.starts_with(weak_mark);
  if (tag.is_weak) text.remove_prefix(weak_mark.size());
  if (!text.starts_with('"')) return std::nullopt;
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return tag;
}

// Empty members of a list are no error (RFC 9110, 5.6.1).
std::vector<entity_tag> parse_tags(std::string_view text) {
  constexpr std::string_view between = " \t,";
  std::vector<entity_tag> tags;
  for (skip(text, between); !text.empty(); skip(text, between)) {
    const auto tag = next_tag(text);
    if (!tag) return {};
    tags.push_back(*tag);
  }
  return tags;
}

enum class comparison { strong, weak };

bool names(std::string_view list, const std::string& etag, comparison how) {
  for (const auto& tag : parse_tags(list))
    if (tag.opaque == etag && !(tag.is_weak && how == comparison::strong)) return true;
  return false;
}

// Whether one of the headers of this name names the tag, or anything at all by "*".
bool is_named(const request& asked, field name, const std::optional<std::string>& etag, comparison how) {
  if (!etag) return false;
  const auto [begin, end] = asked.equal_range(name);
  for (auto each = begin; each != end; ++each)
    if (each->value() == "*" || names(each->value(), *etag, how)) return true;
  return false;
}

}  // namespace

std::string make_etag(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  std::string tag = "\"";
  for (std::size_t i = 0; i < etag_bytes; ++i) fmt::format_to(std::back_inserter(tag), "{:02x}", digest[i]);
  return tag + '"';
}

bool if_match_holds(const request& asked, const std::optional<std::string>& etag) {
  return asked.count(field::if_match) == 0 || is_named(asked, field::if_match, etag, comparison::strong);
}

bool if_none_match_holds(const request& asked, const std::optional<std::string>& etag) {
  return !is_named(asked, field::if_none_match, etag, comparison::weak);
}

response json_unless_known(const request& asked, std::string content) {
  const auto etag = make_etag(content);
  auto answer =
      if_none_match_holds(asked, etag) ? make_json(status::ok, std::move(content)) : make_empty(status::not_modified);
  answer.set(field::etag, etag);
  return answer;
}

}  // namespace ticketd::http
