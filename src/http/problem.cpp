#include "ticketd/http/problem.hpp"

#include <boost/json/serialize.hpp>

#include <cstddef>
#include <iterator>

namespace ticketd::http {
namespace {

namespace json = boost::json;

struct problem_row {
  problem_type type;
  std::string_view name;
  unsigned status;
  std::string_view title;
};

using type = problem_type;

// clang-format off
constexpr problem_row problems[] = {
  {type::malformed_request,      "malformed-request",      400, "The request could not be read"},
  {type::unauthorized,           "unauthorized",           401, "A token is needed"},
  {type::payment_declined,       "payment-declined",       402, "The payment was declined"},
  {type::forbidden,              "forbidden",              403, "This token may not do that"},
  {type::not_found,              "not-found",              404, "There is nothing here"},
  {type::method_not_allowed,     "method-not-allowed",     405, "This method is not offered here"},
  {type::request_timeout,        "request-timeout",        408, "The request took too long to arrive"},
  {type::sold_out,               "sold-out",               409, "There are not enough tickets left"},
  {type::sale_not_open,          "sale-not-open",          409, "The sale has not opened yet"},
  {type::sale_closed,            "sale-closed",            409, "The sale has closed"},
  {type::limit_exceeded,         "limit-exceeded",         409, "The buyer's limit is exceeded"},
  {type::capacity_conflict,      "capacity-conflict",      409, "A capacity is below what is sold"},
  {type::body_too_large,         "body-too-large",         413, "The body is too large"},
  {type::unsupported_media_type, "unsupported-media-type", 415, "The body is of a type that is not read here"},
  {type::validation_failed,      "validation-failed",      422, "Some fields are not valid"},
  {type::too_many_requests,      "too-many-requests",      429, "Too many requests"},
  {type::headers_too_large,      "headers-too-large",      431, "The header is too large"},
  {type::internal_error,         "internal-error",         500, "Something went wrong here"},
  {type::unavailable,            "unavailable",            503, "Not available at the moment"},
};
// clang-format on

// Rows are found by position: a type that was added without a row, or out of order, does not compile.
constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < std::size(problems); ++i)
    if (static_cast<std::size_t>(problems[i].type) != i) return false;
  return std::size(problems) == static_cast<std::size_t>(problem_type::unavailable) + 1;
}
static_assert(rows_follow_the_enum());

std::string as_json(std::string_view text) { return json::serialize(json::string_view(text)); }

std::string to_json(const problem& said, const problem_row& row) {
  std::string out = R"({"type":"urn:ticketd:problem:)";
  out += row.name;
  out += R"(","title":)" + as_json(row.title);
  out += R"(,"status":)" + std::to_string(row.status);
  if (!said.detail.empty()) out += R"(,"detail":)" + as_json(said.detail);
  if (!said.order_id.empty()) out += R"(,"order_id":)" + as_json(said.order_id);
  if (!said.errors.empty()) {
    out += R"(,"errors":[)";
    for (const field_error& error : said.errors)
      out += R"({"pointer":)" + as_json(error.pointer) + R"(,"detail":)" + as_json(error.detail) + "},";
    out.back() = ']';
  }
  out += '}';
  return out;
}

}  // namespace

response make_problem(const problem& said) {
  const problem_row& row = problems[static_cast<std::size_t>(said.type)];
  const auto code = static_cast<status>(row.status);
  const bool is_temporary = code == status::too_many_requests || code == status::service_unavailable;
  response answer = make_text(code, to_json(said, row), "application/problem+json");
  if (said.retry_after || is_temporary)
    answer.set(field::retry_after, std::to_string(said.retry_after.value_or(std::chrono::seconds(1)).count()));
  if (code == status::unauthorized) answer.set(field::www_authenticate, "Bearer");
  if (code == status::method_not_allowed) answer.set(field::allow, said.allow);
  return answer;
}

}  // namespace ticketd::http
