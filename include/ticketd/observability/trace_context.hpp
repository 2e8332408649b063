// W3C Trace Context (Level 1): the traceparent that travels from the request to the message, the worker and the
// provider.
#pragma once

#include <optional>
#include <string_view>

namespace ticketd::observability {

struct trace_context {
  std::string_view trace_id;  // 32 hex digits, into the parsed text
  bool is_sampled = false;
};

// nullopt for anything that is not a valid version-00 (or later) traceparent; such a header is ignored.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;

}  // namespace ticketd::observability
