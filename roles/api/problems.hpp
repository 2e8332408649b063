// Every problem of the contract, in one table: what docs/api.md lists, and what Nginx says in the api's place, is held
// against it by a test. Its other part stands in http/problem.hpp: what the server answers by itself, before a request
// reaches the api.
#pragma once

#include "ticketd/http/problem.hpp"

namespace ticketd::roles::api {
namespace problems {

using namespace http::problems;

// clang-format off
inline constexpr http::problem_type
    unauthorized           {"unauthorized",           401, "A token is needed"},  // with WWW-Authenticate
    payment_declined       {"payment-declined",       402, "The payment was declined"},
    forbidden              {"forbidden",              403, "This token may not do that"},
    sold_out               {"sold-out",               409, "There are not enough tickets left"},
    sale_not_open          {"sale-not-open",          409, "The sale has not opened yet"},
    sale_closed            {"sale-closed",            409, "The sale has closed"},
    price_changed          {"price-changed",          409, "The price is another one by now"},
    limit_exceeded         {"limit-exceeded",         409, "The buyer's limit is exceeded"},
    capacity_conflict      {"capacity-conflict",      409, "A capacity is below what is sold"},
    precondition_failed    {"precondition-failed",    412, "It is not as the request expects"},
    unsupported_media_type {"unsupported-media-type", 415, "The body is of a type that is not read here"},
    validation_failed      {"validation-failed",      422, "Some fields are not valid"},  // with errors
    too_many_requests      {"too-many-requests",      429, "Too many requests"};  // Nginx's alone; with Retry-After
// clang-format on

}  // namespace problems
}  // namespace ticketd::roles::api
