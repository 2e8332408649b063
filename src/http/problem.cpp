#include "ticketd/http/problem.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace ticketd::http {
namespace {

namespace json = boost::json;

struct problem_row {
  problem_type type;
  std::string_view name;
  status code;
  std::string_view title;
};

// clang-format off
constexpr std::array problems{
  problem_row{problem_type::malformed_request,      "malformed-request",      status::bad_request,                     "The request could not be read"},
  problem_row{problem_type::unauthorized,           "unauthorized",           status::unauthorized,                    "A token is needed"},
  problem_row{problem_type::payment_declined,       "payment-declined",       status::payment_required,                "The payment was declined"},
  problem_row{problem_type::forbidden,              "forbidden",              status::forbidden,                       "This token may not do that"},
  problem_row{problem_type::not_found,              "not-found",              status::not_found,                       "There is nothing here"},
  problem_row{problem_type::method_not_allowed,     "method-not-allowed",     status::method_not_allowed,              "This method is not offered here"},
  problem_row{problem_type::request_timeout,        "request-timeout",        status::request_timeout,                 "The request took too long to arrive"},
  problem_row{problem_type::sold_out,               "sold-out",               status::conflict,                        "There are not enough tickets left"},
  problem_row{problem_type::sale_not_open,          "sale-not-open",          status::conflict,                        "The sale has not opened yet"},
  problem_row{problem_type::sale_closed,            "sale-closed",            status::conflict,                        "The sale has closed"},
  problem_row{problem_type::limit_exceeded,         "limit-exceeded",         status::conflict,                        "The buyer's limit is exceeded"},
  problem_row{problem_type::capacity_conflict,      "capacity-conflict",      status::conflict,                        "A capacity is below what is sold"},
  problem_row{problem_type::body_too_large,         "body-too-large",         status::payload_too_large,               "The body is too large"},
  problem_row{problem_type::unsupported_media_type, "unsupported-media-type", status::unsupported_media_type,          "The body is of a type that is not read here"},
  problem_row{problem_type::validation_failed,      "validation-failed",      status::unprocessable_entity,            "Some fields are not valid"},
  problem_row{problem_type::too_many_requests,      "too-many-requests",      status::too_many_requests,               "Too many requests"},
  problem_row{problem_type::headers_too_large,      "headers-too-large",      status::request_header_fields_too_large, "The header is too large"},
  problem_row{problem_type::internal_error,         "internal-error",         status::internal_server_error,           "Something went wrong here"},
  problem_row{problem_type::unavailable,            "unavailable",            status::service_unavailable,             "Not available at the moment"},
};
// clang-format on

// Rows are found by position: a type that was added without a row, or out of order, does not compile.
constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < problems.size(); ++i)
    if (static_cast<std::size_t>(problems[i].type) != i) return false;
  return problems.size() == static_cast<std::size_t>(problem_type::unavailable) + 1;
}
static_assert(rows_follow_the_enum());

std::string quoted(std::string_view text) { return json::serialize(json::string_view(text)); }

std::string to_json(const problem& said, const problem_row& row) {
  std::string out = R"({"type":"urn:ticketd:problem:)";
  out += row.name;
  out += R"(","title":)" + quoted(row.title);
  out += R"(,"status":)" + std::to_string(static_cast<unsigned>(row.code));
  if (!said.detail.empty()) out += R"(,"detail":)" + quoted(said.detail);
  if (!said.order_id.empty()) out += R"(,"order_id":)" + quoted(said.order_id);
  if (!said.errors.empty()) {
    out += R"(,"errors":[)";
    for (const field_error& error : said.errors)
      out += R"({"pointer":)" + quoted(error.pointer) + R"(,"detail":)" + quoted(error.detail) + "},";
    out.back() = ']';
  }
  out += '}';
  return out;
}

bool needs_retry_after(status code) {
  return code == status::too_many_requests || code == status::service_unavailable;
}

}  // namespace

response make_problem(const problem& said) {
  const problem_row& row = problems[static_cast<std::size_t>(said.type)];
  response answer = make_text(row.code, to_json(said, row), "application/problem+json");
  if (said.retry_after || needs_retry_after(row.code))
    answer.set(field::retry_after, std::to_string(said.retry_after.value_or(std::chrono::seconds(1)).count()));
  if (row.code == status::unauthorized) answer.set(field::www_authenticate, "Bearer");
  if (row.code == status::method_not_allowed) answer.set(field::allow, said.allow);
  return answer;
}

}  // namespace ticketd::http
