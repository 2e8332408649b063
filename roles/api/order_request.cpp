#include "api/order_request.hpp"

#include "api/headers.hpp"
#include "api/json_members.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace ticketd::roles::api {
namespace {

// The key, "" where there is none.
std::string read_idempotency_key(const http::request& request, std::vector<http::field_error>& errors) {
  const auto range = request.equal_range(headers::idempotency_key);
  const auto count = std::distance(range.first, range.second);
  if (count == 0) return {};
  const auto value = range.first->value();
  if (count > 1 || !domain::is_idempotency_key({value.data(), value.size()}))
    errors.push_back({"", fmt::format("the header {} must be 1 to {} visible ASCII characters",
                                      headers::idempotency_key, domain::idempotency_key_bytes_max)});
  return std::string(value);
}

std::string read_traceparent(const http::request& request) {
  const auto value = request[headers::traceparent];
  return observability::forwarded_traceparent({value.data(), value.size()});
}

domain::money read_price(json_members price) {
  domain::money read;
  read.amount = price.integer("amount", 0, domain::price_amount_max);
  read.currency = price.currency("currency");
  return read;
}

}  // namespace

std::variant<orders::purchase_request, http::problem> parse_order_request(const http::request& request) {
  auto body = parse_object(request);
  if (auto* problem = std::get_if<http::problem>(&body)) return std::move(*problem);

  std::vector<http::field_error> errors;
  json_members members(std::get<json_body>(body), errors);
  orders::purchase_request purchase;
  purchase.event_id = members.slug("event_id");
  purchase.category_id = members.slug("category_id");
  purchase.quantity = static_cast<int>(members.integer("quantity", 1, domain::order_quantity_max));
  json_members buyer = members.object("buyer");
  purchase.buyer.name = buyer.text("name", domain::buyer_name_bytes_max);
  purchase.buyer.email = buyer.email("email");
  if (members.has("price")) purchase.price = read_price(members.object("price"));
  if (members.has("payment_method")) purchase.payment_method = members.payment_method("payment_method");
  purchase.idempotency_key = read_idempotency_key(request, errors);
  purchase.is_key_of_nginx = request.count(headers::key_of_nginx) > 0;
  purchase.traceparent = read_traceparent(request);
  if (!errors.empty()) return make_validation_problem(std::move(errors));
  return purchase;
}

}  // namespace ticketd::roles::api
