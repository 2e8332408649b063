// POST /api/v1/orders: from HTTP to a purchase.
#pragma once

#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"
#include "ticketd/orders/purchase.hpp"

#include <string_view>
#include <variant>

namespace ticketd::roles::api {

// By which Nginx says that the Idempotency-Key is its own (deploy/nginx.conf); it overwrites a buyer's.
inline constexpr std::string_view key_of_nginx_header = "X-Idempotency-Key-Of-Nginx";

// Checks everything that can be checked without knowing the event.
[[nodiscard]] std::variant<orders::purchase_request, http::problem> parse_order_request(const http::request& request);

}  // namespace ticketd::roles::api
