// Problem documents (RFC 9457): the only way in which ticketd says no. Values, of whoever holds them; nothing here
// fails, or minds the thread.
#pragma once

#include "ticketd/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::http {

// A kind of problem: its `type` is urn:ticketd:problem:<name>. The text of a row is compiled in.
struct problem_type {
  std::string_view name;
  unsigned status = 500;
  std::string_view title;

  friend bool operator==(const problem_type&, const problem_type&) = default;
};

// What HTTP itself makes necessary. Whoever has others keeps them beside these.
namespace problems {
// clang-format off
inline constexpr problem_type
    malformed_request  {"malformed-request",  400, "The request could not be read"},
    not_found          {"not-found",          404, "There is nothing here"},
    method_not_allowed {"method-not-allowed", 405, "This method is not offered here"},  // with Allow
    request_timeout    {"request-timeout",    408, "The request took too long to arrive"},
    body_too_large     {"body-too-large",     413, "The body is too large"},
    uri_too_long       {"uri-too-long",       414, "The URI is too long"},
    expectation_failed {"expectation-failed", 417, "What is expected cannot be met"},
    headers_too_large  {"headers-too-large",  431, "The header is too large"},
    internal_error     {"internal-error",     500, "Something went wrong here"},
    unavailable        {"unavailable",        503, "Not available at the moment"};  // with Retry-After
// clang-format on
}  // namespace problems

struct field_error {
  std::string pointer;  // JSON Pointer (RFC 6901) into the request, or "" for the whole
  std::string detail;
};

struct problem {
  problem_type type = problems::internal_error;
  std::string detail{};
  std::vector<field_error> errors{};                     // validation only
  std::optional<std::chrono::seconds> retry_after{};     // 1 s where the type needs one and none is given
  std::vector<std::pair<field, std::string>> headers{};  // that its kind, or this one, has beside the usual ones
  // What a kind of problem has beside these, by name (RFC 9457, 3.2).
  std::vector<std::pair<std::string, std::string>> extensions{};
};

[[nodiscard]] response make_problem(const problem& said);

}  // namespace ticketd::http
