// Finds the handler of a request in a role's constexpr table of endpoints. HEAD leads where GET does: the server leaves
// the content out. OPTIONS, 404 and 405 (with Allow) are answered here; what a handler throws passes through.
//
// Thread: any; a handler's is its own affair. Tables live as long as the program, and nothing else is kept.
#pragma once

#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ticketd::http {

// The one path parameter that a pattern may have: what stood in place of its "{...}".
using path_parameter = std::string_view;

// A row of a table without budgets, which is enough for a role's operations and for the sandbox. What buyers call
// stands in one with budgets, guards and limits (roles/api/endpoints), and shares find_row(). `Handlers` is the class
// whose members answer. A pattern is a path in which one whole segment may be "{name}".
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

[[nodiscard]] response refuse_path(problem_finder problem_of);
[[nodiscard]] response refuse_method(const std::string& allow, problem_finder problem_of);
[[nodiscard]] response tell_options(const std::string& allow);

// Adds a row's method to the text of an Allow header, once, and HEAD to GET.
void add_method(std::string& allow, verb method);

// Where a request leads in a table of rows that have a `method` and a `pattern`.
template <class Row>
struct found_row {
  const Row* row = nullptr;           // null: answer_without_row() says what there is to say
  path_parameter parameter{};         // into the request's target
  std::string_view pattern = "none";  // for a metric's label: as the table has it, for a 405 too; "none" for a 404
  std::string allow{};                // the methods that there are, where it is another
  bool asks_for_options = false;

  // 204 to OPTIONS, 404, or 405; all but 404 with Allow.
  [[nodiscard]] response answer_without_row(problem_finder problem_of) const {
    if (allow.empty()) return refuse_path(problem_of);
    return asks_for_options ? tell_options(allow) : refuse_method(allow, problem_of);
  }
};

// The first row that fits counts. The request outlives what is found.
template <class Row>
[[nodiscard]] found_row<Row> find_row(std::span<const Row> table, const request& incoming) {
  const std::string_view path = path_of(incoming);
  const verb method = incoming.method() == verb::head ? verb::get : incoming.method();
  found_row<Row> found;
  found.asks_for_options = method == verb::options;
  const bool is_of_all = found.asks_for_options && path == "*";  // of the whole server (RFC 9110, 9.3.7)
  for (const Row& row : table) {
    const auto parameter = is_of_all ? std::optional<path_parameter>("") : match_path(row.pattern, path);
    if (!parameter) continue;
    if (row.method == method) return {&row, *parameter, row.pattern, {}};
    if (found.allow.empty() && !is_of_all) found.pattern = row.pattern;
    add_method(found.allow, row.method);
  }
  if (!found.allow.empty()) add_method(found.allow, verb::options);
  return found;
}

// Answers by a table of `handlers`' own members. The request outlives the answer's await.
template <class Handlers>
[[nodiscard]] awaitable<response> route(std::type_identity_t<std::span<const endpoint<Handlers>>> table,
                                        Handlers& handlers, const request& incoming,
                                        problem_finder problem_of = plain_problem) {
  const auto found = find_row(table, incoming);
  if (found.row == nullptr) co_return found.answer_without_row(problem_of);
  co_return co_await (handlers.*found.row->handle)(incoming, found.parameter);
}

}  // namespace ticketd::http
