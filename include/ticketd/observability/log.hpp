// Structured logs: one JSON object a line on standard output, with ts, level, event, instance and the fields given.
// Events are named as "noun.verb": "order.accepted". Secrets are never fields; of an order's id (of any UUID, in any
// field) only the first 18 characters are written.
//
// Thread: any. Nothing here fails or waits: lines are written by a thread of the log's own, and one that finds no room,
// because nobody reads them, is lost and counted. Of each kind of line, which is its event's name, 50 are written a
// second; how many were left out stands in the next one that is (`left_out`), and where lines found no room, `log.lost`
// says how many. A text is cut at 1 KiB. Level debug is not held to 50 a second: who asked for it wants all.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ticketd::observability {

enum class log_level { debug, info, warning, error };

using field_value = std::variant<std::string_view, std::int64_t, double, bool>;

class log_field {
 public:
  log_field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  log_field(std::string_view name, const char* value) : name_(name), value_(std::string_view(value)) {}
  log_field(std::string_view name, const std::string& value) : name_(name), value_(std::string_view(value)) {}
  log_field(std::string_view name, bool value) : name_(name), value_(value) {}
  log_field(std::string_view name, double value) : name_(name), value_(value) {}
  template <std::integral Integer>
  log_field(std::string_view name, Integer value) : name_(name), value_(static_cast<std::int64_t>(value)) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] const field_value& value() const noexcept { return value_; }

 private:
  std::string_view name_;
  field_value value_;
};

// Once, before the first line and before there is a second thread. `instance` is in every line.
void start_logging(log_level least, std::string instance);

// Before the process is ended without unwinding: waits until the lines so far are written, a second at most.
void flush_log();

// Lines that were to be written and were not, for whatever reason.
[[nodiscard]] std::uint64_t lost_log_lines();

void log(log_level level, std::string_view event, std::initializer_list<log_field> fields = {});

inline void log_info(std::string_view event, std::initializer_list<log_field> fields = {}) {
  log(log_level::info, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<log_field> fields = {}) {
  log(log_level::warning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<log_field> fields = {}) {
  log(log_level::error, event, fields);
}

// A line about one order, with what its id begins with and its trace id. Where the caller's traceparent asks for
// sampling (its flag is set) the line is written at level info, else at level debug: the lines that somebody wants are
// there, and a sale of a million orders does not write millions of lines.
void log_order(std::string_view event, std::string_view order_id, std::string_view traceparent,
               std::initializer_list<log_field> fields = {});

}  // namespace ticketd::observability
