// Authorization: Bearer <admin token> (RFC 6750), for who defines events.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <optional>
#include <string_view>

namespace ticketd::roles::api {

// What is wrong with the request's token: 401 where there is none, 403 where it is another. Compared in constant time.
[[nodiscard]] std::optional<http::problem> check_admin_token(const http::request& request, std::string_view token);

}  // namespace ticketd::roles::api
