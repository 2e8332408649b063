// Every problem of the contract, in one table, for the api and for whatever else of ours is a server: what docs/api.md
// lists, and what Nginx says in the api's place, is held against it by a test.
//
// Constants, and a pure function. Thread: any.
#pragma once

#include "ticketd/http/problem.hpp"

namespace ticketd::roles {
namespace problems {

// clang-format off
inline constexpr http::problem_type
    malformed_request      {"malformed-request",      400, "The request could not be read"},
    unauthorized           {"unauthorized",           401, "A token is needed"},  // with WWW-Authenticate
    payment_declined       {"payment-declined",       402, "The payment was declined"},
    forbidden              {"forbidden",              403, "This token may not do that"},
    not_found              {"not-found",              404, "There is nothing here"},
    method_not_allowed     {"method-not-allowed",     405, "This method is not offered here"},  // with Allow
    request_timeout        {"request-timeout",        408, "The request took too long to arrive"},
    sold_out               {"sold-out",               409, "There are not enough tickets left"},
    sale_not_open          {"sale-not-open",          409, "The sale has not opened yet"},
    sale_closed            {"sale-closed",            409, "The sale has closed"},
    price_changed          {"price-changed",          409, "The price is another one by now"},
    limit_exceeded         {"limit-exceeded",         409, "The buyer's limit is exceeded"},
    capacity_conflict      {"capacity-conflict",      409, "A capacity is below what is sold"},
    precondition_failed    {"precondition-failed",    412, "It is not as the request expects"},
    body_too_large         {"body-too-large",         413, "The body is too large"},
    uri_too_long           {"uri-too-long",           414, "The URI is too long"},
    unsupported_media_type {"unsupported-media-type", 415, "The body is of a type that is not read here"},
    expectation_failed     {"expectation-failed",     417, "What is expected cannot be met"},
    validation_failed      {"validation-failed",      422, "Some fields are not valid"},  // with errors
    too_many_requests      {"too-many-requests",      429, "Too many requests"},  // Nginx's alone; with Retry-After
    headers_too_large      {"headers-too-large",      431, "The header is too large"},
    internal_error         {"internal-error",         500, "Something went wrong here"},
    unavailable            {"unavailable",            503, "Not available at the moment"};  // with Retry-After
// clang-format on

}  // namespace problems

// What our servers say by themselves, before a request reaches a handler. For http::server_settings.
[[nodiscard]] http::problem_type problem_of(http::status code) noexcept;

}  // namespace ticketd::roles
