// From what a use case says to what HTTP says: the one place where the two vocabularies meet.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/async/result.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"
#include "ticketd/orders/buy_now.hpp"
#include "ticketd/orders/place_order.hpp"

#include <string>

namespace ticketd::roles::api {

[[nodiscard]] http::response answer(const orders::placement& placement);
[[nodiscard]] http::response answer(const orders::bought& bought);

// Asks Nginx to try the next replica (deploy/nginx.conf). Where there is none, the buyer hears Nginx's own 503:
// otherwise the replica that fails fastest would get most of a rush.
[[nodiscard]] http::response pass_on();

// That, where Nginx is there to do it; else the buyer hears it.
[[nodiscard]] http::response pass_on_or_refuse(const http::request& request, std::string detail);

// Of what can't be read: one for Nginx to pass on, where it is this replica that can't.
[[nodiscard]] http::response unreadable(const http::request& request, const error_code& error, std::string detail);

[[nodiscard]] http::response refuse(http::problem_type type, std::string detail);

}  // namespace ticketd::roles::api
