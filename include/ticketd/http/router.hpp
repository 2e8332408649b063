// Finds the handler of a request in a role's constexpr table of endpoints. 404 and 405 (with Allow) are answered here.
#pragma once

#include "ticketd/http/message.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

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

// The parameter's text ("" where the pattern has none), or nullopt where the path does not match.
[[nodiscard]] std::optional<path_parameter> match_path(std::string_view pattern, std::string_view path) noexcept;

// What the table says of a path: the row that matches (or the pattern's other methods, for Allow), for metrics too.
[[nodiscard]] response make_not_found();
[[nodiscard]] response make_method_not_allowed(std::string_view allow);

}  // namespace ticketd::http
