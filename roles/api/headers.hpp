// The header fields that the api reads and sends, beyond those that are HTTP's own affair: by these names its code
// calls them, and these browsers are told of. What a new one needs for pages of other origins is a line in headers.cpp,
// and a test says so.
//
// Constants, and a pure function. Thread: any.
#pragma once

#include "ticketd/http/cors.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ticketd::roles::api {
namespace headers {

inline constexpr std::string_view idempotency_key = "Idempotency-Key";
inline constexpr std::string_view traceparent = "traceparent";    // W3C Trace Context
inline constexpr std::string_view cache_status = "Cache-Status";  // RFC 9211
inline constexpr std::string_view prefer = "Prefer";              // RFC 7240; answered by the next
inline constexpr std::string_view preference_applied = "Preference-Applied";
inline constexpr std::string_view rate_limit = "RateLimit";  // Nginx sends it, and the next one (docs/api.md)
inline constexpr std::string_view rate_limit_policy = "RateLimit-Policy";
inline constexpr std::string_view last_event_id = "Last-Event-ID";  // WHATWG, server-sent events

// Between Nginx and the api (deploy/nginx.conf), which overwrites a buyer's: no page's affair.
// When it took the request, as "t=1767225600.123" (seconds since 1970).
inline constexpr std::string_view request_start = "X-Request-Start";
// That the Idempotency-Key is Nginx's own.
inline constexpr std::string_view key_of_nginx = "X-Idempotency-Key-Of-Nginx";
// To Nginx: where to go on with the request.
inline constexpr std::string_view accel_redirect = "X-Accel-Redirect";

}  // namespace headers

// What pages of these origins may send to the api, and read of its answers.
[[nodiscard]] http::cors_settings cors_settings_of(std::vector<std::string> origins);

}  // namespace ticketd::roles::api
