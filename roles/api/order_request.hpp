// POST /api/v1/orders: from HTTP to a purchase.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"
#include "ticketd/orders/purchase.hpp"

#include <variant>

namespace ticketd::roles::api {

// Checks everything that can be checked without knowing the event.
[[nodiscard]] std::variant<orders::purchase_request, http::problem> parse_order_request(const http::request& request);

}  // namespace ticketd::roles::api
