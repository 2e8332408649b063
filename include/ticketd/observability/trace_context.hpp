// W3C Trace Context (Level 1): the traceparent that travels from the request to the message, the worker and the
// provider.
//
// Pure. Thread: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ticketd::observability {

struct trace_context {
  std::string_view trace_id;  // 32 hex digits, into the parsed text
  bool is_sampled = false;
};

// nullopt for anything that is not a valid version-00 (or later) traceparent; such a header is ignored.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;

// What is passed on of a traceparent: the same trace as version 00, which is all that is known here (Trace Context,
// section 3.2.4), and so 55 visible ASCII characters whatever came in. "" for what parse_traceparent() refuses.
[[nodiscard]] std::string forwarded_traceparent(std::string_view text);

}  // namespace ticketd::observability
