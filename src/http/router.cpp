#include "ticketd/http/router.hpp"

#include <algorithm>
#include <string>

namespace ticketd::http {
namespace {

bool is_placeholder(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

// Unreserved characters only (RFC 3986, 2.3). Nothing that ticketd names needs another, so nothing is ever decoded, and
// no two spellings lead to one thing.
bool is_plain_segment(std::string_view segment) {
  constexpr auto is_unreserved = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  };
  return !segment.empty() && segment != "." && segment != ".." && std::ranges::all_of(segment, is_unreserved);
}

// Takes the text up to the next slash, and that slash, off the front.
std::string_view next_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

}  // namespace

std::optional<path_parameter> match_path(std::string_view pattern, std::string_view path) noexcept {
  // As many slashes on both sides: then both run out of segments together, and a trailing slash is a segment too many.
  if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return std::nullopt;
  path_parameter parameter;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (is_placeholder(wanted)) {
      if (!is_plain_segment(found)) return std::nullopt;
      parameter = found;
    } else if (wanted != found) {
      return std::nullopt;
    }
  }
  return parameter;
}

response refuse_path(problem_finder problem_of) {
  problem nothing_here;
  nothing_here.type = problem_of(status::not_found);
  nothing_here.detail = "There is nothing at this path.";
  return make_problem(nothing_here);
}

response refuse_method(const std::string& allow, problem_finder problem_of) {
  problem wrong_method;
  wrong_method.type = problem_of(status::method_not_allowed);
  wrong_method.detail = "Here it is " + allow + ".";
  wrong_method.headers = {{field::allow, allow}};
  return make_problem(wrong_method);
}

response tell_options(const std::string& allow) {
  response answer = make_empty(status::no_content);
  answer.set(field::allow, allow);
  return answer;
}

void add_method(std::string& allow, verb method) {
  const std::string_view name = beast::http::to_string(method);
  if (allow.find(name) == std::string::npos) allow.append(allow.empty() ? "" : ", ").append(name);
  if (method == verb::get) add_method(allow, verb::head);
}

}  // namespace ticketd::http
