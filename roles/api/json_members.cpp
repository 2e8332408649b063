#include "api/json_members.hpp"

#include "api/problems.hpp"
#include "ticketd/domain/buyer.hpp"
#include "ticketd/domain/currency.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_limits.hpp"

#include <boost/beast/core/string.hpp>

#include <optional>

namespace ticketd::roles::api {
namespace {

namespace json = boost::json;

const json::object nothing;
const json::array no_elements;

std::string_view view(const json::string& text) noexcept { return {text.data(), text.size()}; }

bool is_json(const http::request& request) {
  const auto header = request[http::field::content_type];
  std::string_view type(header.data(), header.size());
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return boost::beast::iequals(boost::beast::string_view(type.data(), type.size()), "application/json");
}

}  // namespace

std::variant<json::object, http::problem> parse_object(const http::request& request) {
  if (!is_json(request))
    return http::problem{.type = problems::unsupported_media_type,
                         .detail = "send the request with Content-Type: application/json"};
  boost::system::error_code error;
  json::value parsed = json::parse(request.body(), error);
  if (error)
    return http::problem{.type = problems::malformed_request, .detail = "the body is not JSON: " + error.message()};
  if (!parsed.is_object())
    return http::problem{.type = problems::malformed_request, .detail = "the body is not a JSON object"};
  return std::move(parsed.get_object());
}

const json::value* json_members::find(std::string_view name) {
  const auto* value = object_->if_contains({name.data(), name.size()});
  if (value == nullptr) complain(name, "is required");
  return value;
}

const json::string* json_members::find_string(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_string()) complain(name, "must be a string");
  return value->if_string();
}

std::string json_members::text(std::string_view name, std::size_t longest) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  if (!domain::is_plain_text(view(*found), longest))
    complain(name, "must be 1 to " + std::to_string(longest) + " bytes of text, without control characters");
  return std::string(view(*found));
}

std::string json_members::slug(std::string_view name) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  if (!domain::is_slug(view(*found))) complain(name, slug_rule());
  return std::string(view(*found));
}

std::string json_members::email(std::string_view name) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  if (!domain::is_email(view(*found))) complain(name, "must be an email address");
  return domain::canonical_email(view(*found));
}

std::string json_members::currency(std::string_view name) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  if (!domain::minor_unit_digits(view(*found))) complain(name, "must be an ISO 4217 code such as TRY");
  return std::string(view(*found));
}

std::string json_members::payment_method(std::string_view name) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  if (!domain::is_payment_method(view(*found)))
    complain(name,
             "must be 1 to " + std::to_string(domain::payment_method_bytes_max) + " letters, digits and underscores");
  return std::string(view(*found));
}

std::int64_t json_members::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto* value = find(name);
  if (value == nullptr) return least;
  const auto* number = value->if_int64();
  if (number != nullptr && *number >= least && *number <= most) return *number;
  complain(name, "must be an integer, " + std::to_string(least) + " to " + std::to_string(most));
  return least;
}

domain::timestamp json_members::time(std::string_view name) {
  const auto* found = find_string(name);
  if (found == nullptr) return {};
  const auto parsed = domain::parse_rfc3339(view(*found));
  if (!parsed) complain(name, "must be an RFC 3339 time such as 2027-01-05T10:00:00Z");
  return parsed.value_or(domain::timestamp());
}

json_members json_members::object(std::string_view name) {
  const auto* value = find(name);
  const bool is_object = value != nullptr && value->is_object();
  if (value != nullptr && !is_object) complain(name, "must be an object");
  if (!is_object) return {nothing, pointer_to(name), nullptr};
  return {value->get_object(), pointer_to(name), errors_};
}

const json::array& json_members::array(std::string_view name, std::size_t longest) {
  const auto* value = find(name);
  if (value == nullptr) return no_elements;
  if (!value->is_array() || value->get_array().empty() || value->get_array().size() > longest) {
    complain(name, "must be an array of 1 to " + std::to_string(longest) + " elements");
    return no_elements;
  }
  return value->get_array();
}

bool json_members::has(std::string_view name) const { return object_->contains({name.data(), name.size()}); }

void json_members::complain(std::string_view name, std::string detail) {
  if (errors_ != nullptr) errors_->push_back({pointer_to(name), std::move(detail)});
}

std::string json_members::pointer_to(std::string_view name) const { return pointer_ + "/" + std::string(name); }

std::string slug_rule() {
  return "must be 1 to " + std::to_string(domain::slug_bytes_max) + " of a-z, 0-9 and '-', not starting with '-'";
}

http::problem make_validation_problem(std::vector<http::field_error> errors) {
  return {.type = problems::validation_failed,
          .detail = "the request has members that are missing or wrong",
          .errors = std::move(errors)};
}

}  // namespace ticketd::roles::api
