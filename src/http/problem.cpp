#include "ticketd/http/problem.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>

namespace ticketd::http {
namespace {

namespace json = boost::json;

std::string as_json(std::string_view text) { return json::serialize(json::string_view(text)); }

std::string to_json(const problem& said) {
  std::string out = "{";
  if (!said.type.name.empty()) out.append(R"("type":"urn:ticketd:problem:)").append(said.type.name).append(R"(",)");
  out += R"("title":)" + as_json(said.type.title);
  out += R"(,"status":)" + std::to_string(said.type.status);
  if (!said.detail.empty()) out += R"(,"detail":)" + as_json(said.detail);
  for (const auto& [name, text] : said.extensions) out += "," + as_json(name) + ":" + as_json(text);
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

problem_type plain_problem(status code) noexcept {
  const auto phrase = beast::http::obsolete_reason(code);
  return {"", static_cast<unsigned>(code), {phrase.data(), phrase.size()}};
}

response make_problem(const problem& said) {
  const auto code = static_cast<status>(said.type.status);
  const bool is_temporary = code == status::too_many_requests || code == status::service_unavailable;
  response answer = make_text(code, to_json(said), "application/problem+json");
  if (said.retry_after || is_temporary)
    answer.set(field::retry_after, std::to_string(said.retry_after.value_or(std::chrono::seconds(1)).count()));
  if (code == status::unauthorized) answer.set(field::www_authenticate, "Bearer");
  for (const auto& [name, value] : said.headers) answer.set(name, value);
  return answer;
}

}  // namespace ticketd::http
