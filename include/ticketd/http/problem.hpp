// Problem documents (RFC 9457): the only way in which ticketd says no.
#pragma once

#include "ticketd/http/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::http {

// Every problem of the contract; the status and the title of each stand in one table in problem.cpp.
enum class problem_type {
  malformed_request,       // 400
  unauthorized,            // 401, with WWW-Authenticate
  payment_declined,        // 402, a synchronous purchase
  forbidden,               // 403
  not_found,               // 404
  method_not_allowed,      // 405, with Allow
  request_timeout,         // 408
  sold_out,                // 409
  sale_not_open,           // 409
  sale_closed,             // 409
  limit_exceeded,          // 409, a synchronous purchase
  capacity_conflict,       // 409
  body_too_large,          // 413
  unsupported_media_type,  // 415
  validation_failed,       // 422, with errors
  too_many_requests,       // 429, with Retry-After
  headers_too_large,       // 431
  internal_error,          // 500
  unavailable,             // 503, with Retry-After
};

struct field_error {
  std::string pointer;  // JSON Pointer (RFC 6901) into the request, or "" for the whole
  std::string detail;
};

struct problem {
  problem_type type = problem_type::internal_error;
  std::string detail{};
  std::vector<field_error> errors{};                  // validation only
  std::optional<std::chrono::seconds> retry_after{};  // 1 s where the type needs one and none is given
  std::string allow{};                                // method_not_allowed only
  std::string order_id{};                             // a refused synchronous purchase: its order
};

[[nodiscard]] response make_problem(const problem& said);

}  // namespace ticketd::http
