// The form of a log line, apart from where it goes.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/observability/log.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ticketd::observability {

// Of a text, escapes not counted: what goes beyond is cut off, with an ellipsis in its place. A header of a request has
// room for more.
inline constexpr std::size_t log_text_bytes_max = 1024;

// One JSON object without a line break. Control characters are escaped and bytes that are not UTF-8 replaced, so that
// nothing a client or a server sends can break a line or forge another one.
[[nodiscard]] std::string format_log_line(std::chrono::system_clock::time_point at, log_level level,
                                          std::string_view instance, std::string_view event,
                                          std::span<const log_field> fields);

}  // namespace ticketd::observability
