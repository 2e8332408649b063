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

// A kind of problem: its `type` is urn:ticketd:problem:<name>. Without a name it has none, which means that there is no
// more to it than its status says (RFC 9457, 4.2.1). The texts are compiled in.
struct problem_type {
  std::string_view name;
  unsigned status = 500;
  std::string_view title;

  friend bool operator==(const problem_type&, const problem_type&) = default;
};

// Which kind of problem a status is that the server or the router answers by itself: 400, 404, 405, 408, 413, 414, 417,
// 431, 500 or 503. Its table is whoever's server it is; here is none.
using problem_finder = problem_type (*)(status);

// For a server without a table: the status, in the words of RFC 9110, 15.
[[nodiscard]] problem_type plain_problem(status code) noexcept;

struct field_error {
  std::string pointer;  // JSON Pointer (RFC 6901) into the request, or "" for the whole
  std::string detail;
};

struct problem {
  problem_type type{};
  std::string detail{};
  std::vector<field_error> errors{};                     // validation only
  std::optional<std::chrono::seconds> retry_after{};     // 1 s where the type needs one and none is given
  std::vector<std::pair<field, std::string>> headers{};  // that its kind, or this one, has beside the usual ones
  // What a kind of problem has beside these, by name (RFC 9457, 3.2).
  std::vector<std::pair<std::string, std::string>> extensions{};
};

[[nodiscard]] response make_problem(const problem& said);

}  // namespace ticketd::http
