// Authorization: Bearer <admin token> (RFC 6750), for who defines events.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/config/admin.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <span>
#include <string>
#include <variant>

namespace ticketd::roles::api {

// Whose token the request has, or what is wrong with it: 401 where there is none, 403 where it is nobody's. How long it
// takes tells nothing of the tokens.
[[nodiscard]] std::variant<std::string, http::problem> find_admin(const http::request& request,
                                                                  std::span<const config::admin> admins);

}  // namespace ticketd::roles::api
