#include "api/json_members.hpp"

#include "api/repeated_members.hpp"
#include "problems.hpp"
#include "ticketd/domain/buyer.hpp"
#include "ticketd/domain/currency.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_limits.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <cmath>
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

// Several codings are a list, and "identity" is none (RFC 9110, 8.4).
bool is_encoded(const http::request& request) {
  const auto range = request.equal_range(http::field::content_encoding);
  return std::any_of(range.first, range.second,
                     [](const auto& header) { return !boost::beast::iequals(header.value(), "identity"); });
}

// The whole number that it is, however it is written: 2, 2.0 and 0.2e1 are one (JSON Schema, 6.1.1).
std::optional<std::int64_t> whole_number(const json::value& value) noexcept {
  constexpr double bound = 9.2e18;
  if (value.is_int64()) return value.get_int64();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (!(std::abs(number) < bound) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::variant<json_body, http::problem> parse_object(const http::request& request) {
  if (is_encoded(request))
    return http::problem{.type = problems::unsupported_media_type,
                         .detail = "send the body without a content coding",
                         .headers = {{http::field::accept_encoding, "identity"}}};
  if (!is_json(request))
    return http::problem{.type = problems::unsupported_media_type,
                         .detail = "send the request with Content-Type: application/json"};
  boost::system::error_code error;
  std::string_view text = request.body();
  constexpr std::string_view byte_order_mark = "\ufeff";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  // A body's values live and die together: one block of memory holds them all.
  json::value parsed =
      json::parse({text.data(), text.size()}, error, json::make_shared_resource<json::monotonic_resource>());
  if (error)
    return http::problem{.type = problems::malformed_request, .detail = "the body is not JSON: " + error.message()};
  if (!parsed.is_object())
    return http::problem{.type = problems::malformed_request, .detail = "the body is not a JSON object"};
  auto repeated = repeated_members(text, parsed);
  return json_body{std::move(parsed.get_object()), std::move(repeated)};
}

const json::value* json_members::find(std::string_view name) {
  const auto* value = object_->if_contains({name.data(), name.size()});
  if (value == nullptr) complain(name, "is required");
  if (value == nullptr || repeated_->empty() || !repeated_->contains(pointer_to(name))) return value;
  complain(name, "stands twice");
  return nullptr;
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
  const auto text = view(*found);
  if (text.empty() || text.size() > longest)
    complain(name,
             "must be 1 to " + std::to_string(longest) + " bytes of UTF-8, and has " + std::to_string(text.size()));
  else if (!domain::is_visible_text(text))
    complain(name, "must have a character that can be seen");
  else if (!domain::is_plain_text(text, longest))
    complain(name, "must be text without control characters");
  return std::string(text);
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
  auto address = domain::canonical_email(view(*found));
  const auto fault = domain::fault_of_email(address);
  if (!fault.empty()) complain(name, "must be an email address: " + std::string(fault));
  return address;
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
  const auto number = whole_number(*value);
  if (number && *number >= least && *number <= most) return *number;
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
  if (!is_object) return {nothing, pointer_to(name), *repeated_, nullptr};
  return {value->get_object(), pointer_to(name), *repeated_, errors_};
}

json_members json_members::element(const json::object& object, std::string pointer) const {
  return {object, std::move(pointer), *repeated_, errors_};
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
