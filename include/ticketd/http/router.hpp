// Finds the handler of a request in a role's constexpr table of endpoints. 404 and 405 (with Allow) are answered here.
#pragma once

#include "ticketd/http/message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ticketd::http {

// The one path parameter that a pattern may have: what stood in place of its "{...}".
using path_parameter = std::string_view;

// A row of the table. `Handlers` is the class whose members answer. A pattern is a path in which one whole segment may
// be "{name}".
template <class Handlers>
struct endpoint {
  verb method;
  std::string_view pattern;
  awaitable<response> (Handlers::*handle)(const request&, path_parameter);
};

// The parameter's text ("" where the pattern has none), or nullopt where the path does not match. A parameter is one
// segment of unreserved characters (RFC 3986, 2.3): a path with anything percent-encoded, an empty or a dot segment, or
// a trailing slash, is simply another path.
[[nodiscard]] std::optional<path_parameter> match_path(std::string_view pattern, std::string_view path) noexcept;

// What route() found: the answer to await, and the pattern for a metric's label.
struct routed {
  std::string_view pattern;  // as the table has it, for a 405 too; "none" for a 404
  awaitable<response> answer;
};

[[nodiscard]] awaitable<response> refuse_not_found();
[[nodiscard]] awaitable<response> refuse_method(std::string allow);

// Begins to answer the request, which outlives the answer's await. The first row that fits counts.
template <class Handlers>
[[nodiscard]] routed route(std::type_identity_t<std::span<const endpoint<Handlers>>> table, Handlers& handlers,
                           const request& incoming) {
  const std::string_view path = path_of(incoming);
  std::string_view pattern = "none";
  std::string allow;
  for (const endpoint<Handlers>& row : table) {
    const auto parameter = match_path(row.pattern, path);
    if (!parameter) continue;
    if (row.method == incoming.method()) return {row.pattern, (handlers.*row.handle)(incoming, *parameter)};
    if (allow.empty()) pattern = row.pattern;
    allow.append(allow.empty() ? "" : ", ").append(beast::http::to_string(row.method));
  }
  if (allow.empty()) return {pattern, refuse_not_found()};
  return {pattern, refuse_method(std::move(allow))};
}

}  // namespace ticketd::http
