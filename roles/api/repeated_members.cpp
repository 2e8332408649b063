#include "api/repeated_members.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ticketd::roles::api {
namespace {

namespace json = boost::json;

// What json::basic_parser calls for each thing that it meets: nothing is done about any.
class passer_by {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_key(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

// The members that the text has, also those that stand twice.
class counter : public passer_by {
 public:
  std::size_t members = 0;

  bool on_object_end(std::size_t size, json::error_code&) {
    members += size;
    return true;
  }
};

// Follows the parser through the text: of each object or array that it is in, where it is.
class watcher : public passer_by {
 public:
  std::set<std::string> repeated;

  bool on_object_begin(json::error_code&) { return enter(); }
  bool on_object_end(std::size_t, json::error_code&) { return leave(); }
  bool on_array_begin(json::error_code&) {
    levels_.push_back({.is_array = true});
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) { return leave(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    auto& here = levels_.back();
    here.name = std::exchange(key_, {});
    if (!here.names.insert(here.name).second) repeated.insert(pointer());
    return true;
  }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return next(); }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return next(); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return next(); }
  bool on_double(double, json::string_view, json::error_code&) { return next(); }
  bool on_bool(bool, json::error_code&) { return next(); }
  bool on_null(json::error_code&) { return next(); }

 private:
  struct level {
    bool is_array = false;
    std::size_t index = 0;
    std::string name{};
    std::set<std::string> names{};
  };

  bool enter() {
    levels_.emplace_back();
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return next();
  }
  bool next() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  [[nodiscard]] std::string pointer() const {
    std::string text;
    for (const auto& each : levels_) text += "/" + (each.is_array ? std::to_string(each.index) : escaped(each.name));
    return text;
  }

  static std::string escaped(const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return text;
  }

  std::vector<level> levels_;
  std::string key_;
};

template <class Handler>
Handler follow(std::string_view text) {
  json::basic_parser<Handler> parser{json::parse_options()};
  json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  return std::move(parser.handler());
}

std::size_t members_of(const json::value& value) {
  std::size_t members = 0;
  if (const auto* array = value.if_array())
    for (const auto& element : *array) members += members_of(element);
  if (const auto* object = value.if_object())
    for (const auto& member : *object) members += 1 + members_of(member.value());
  return members;
}

}  // namespace

std::set<std::string> repeated_members(std::string_view text, const json::value& parsed) {
  // Of members that stand twice the parser keeps one, so that in nearly every text counting is enough.
  if (follow<counter>(text).members == members_of(parsed)) return {};
  return follow<watcher>(text).repeated;
}

}  // namespace ticketd::roles::api
