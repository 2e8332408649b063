#include "observability/log_line.hpp"

#include "ticketd/text/uuid.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <variant>

namespace ticketd::observability {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";               // U+2026

std::string_view name_of(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "error";
}

// The length of the UTF-8 sequence that `text` begins with; nullopt if it begins with none (RFC 3629, section 4: no
// overlong forms, no surrogates, nothing above U+10FFFF).
std::optional<std::size_t> sequence_length(std::string_view text) noexcept {
  struct form {
    unsigned char first_least, first_most, second_least, second_most;
    std::size_t length;
  };
  static constexpr std::array<form, 9> forms{{{0x00, 0x7F, 0x00, 0x00, 1},
                                              {0xC2, 0xDF, 0x80, 0xBF, 2},
                                              {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                              {0xE1, 0xEC, 0x80, 0xBF, 3},
                                              {0xED, 0xED, 0x80, 0x9F, 3},
                                              {0xEE, 0xEF, 0x80, 0xBF, 3},
                                              {0xF0, 0xF0, 0x90, 0xBF, 4},
                                              {0xF1, 0xF3, 0x80, 0xBF, 4},
                                              {0xF4, 0xF4, 0x80, 0x8F, 4}}};
  const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  for (const auto& [first_least, first_most, second_least, second_most, length] : forms) {
    if (byte(0) < first_least || byte(0) > first_most) continue;
    if (text.size() < length) return std::nullopt;
    if (length > 1 && (byte(1) < second_least || byte(1) > second_most)) return std::nullopt;
    for (std::size_t index = 2; index < length; ++index)
      if (byte(index) < 0x80 || byte(index) > 0xBF) return std::nullopt;
    return length;
  }
  return std::nullopt;
}

void append_character(std::string& line, std::string_view character) {
  const char first = character.front();
  if (first == '"' || first == '\\') {
    line += '\\';
    line += first;
  } else if (static_cast<unsigned char>(first) < 0x20 || first == 0x7F) {
    fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(first));
  } else {
    line += character;
  }
}

// False where there is no room for all of it.
bool append_text(std::string& line, std::string_view text, std::size_t& room) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto size = length.value_or(1);
    if (size > room) {
      line += ellipsis;
      return false;
    }
    if (length)
      append_character(line, text.substr(0, size));
    else
      line += replacement_character;
    text.remove_prefix(size);
    room -= size;
  }
  return true;
}

// An order's id opens the order to whoever has it, so no line has a whole one, whatever text it comes in: of a UUID the
// first 18 characters are left, by which the row is found.
void append_string(std::string& line, std::string_view text) {
  constexpr std::size_t left = 18;
  std::size_t room = log_text_bytes_max;
  line += '"';
  auto id = text::find_uuid(text);
  while (id != std::string_view::npos && append_text(line, text.substr(0, id + left), room)) {
    text.remove_prefix(id + text::uuid_size);
    id = text::find_uuid(text);
  }
  if (id == std::string_view::npos) append_text(line, text, room);
  line += '"';
}

struct append_value {
  std::string& line;

  void operator()(std::string_view value) const { append_string(line, value); }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(double value) const {
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(line), "{}", value);
    else
      line += "null";  // JSON has no infinity and no NaN
  }
};

// Always with microseconds: lines of several instances sort by their text.
void append_time(std::string& line, std::chrono::system_clock::time_point at) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<microseconds>(at - day));
  fmt::format_to(std::back_inserter(line), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z\"", int(date.year()),
                 unsigned(date.month()), unsigned(date.day()), time.hours().count(), time.minutes().count(),
                 time.seconds().count(), time.subseconds().count());
}

}  // namespace

std::string format_log_line(std::chrono::system_clock::time_point at, log_level level, std::string_view instance,
                            std::string_view event, std::span<const log_field> fields) {
  std::string line = "{\"ts\":";
  append_time(line, at);
  line += ",\"level\":";
  append_string(line, name_of(level));
  line += ",\"event\":";
  append_string(line, event);
  line += ",\"instance\":";
  append_string(line, instance);
  for (const log_field& field : fields) {
    line += ',';
    append_string(line, field.name());
    line += ':';
    std::visit(append_value{line}, field.value());
  }
  line += '}';
  return line;
}

}  // namespace ticketd::observability
