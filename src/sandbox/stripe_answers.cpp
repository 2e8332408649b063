#include "sandbox/stripe_answers.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace ticketd::sandbox {
namespace {

namespace json = boost::json;
using http::status;

json::object describe(const intent_id& id, const intent& of) {
  json::object object;
  object["id"] = id.to_string();
  object["object"] = "payment_intent";
  object["amount"] = of.amount;
  object["amount_received"] = of.refusal != nullptr ? 0 : of.amount;
  object["currency"] = of.currency;
  object["livemode"] = false;
  object["status"] = of.refusal != nullptr ? "requires_payment_method" : "succeeded";
  object["created"] = of.created;
  json::object metadata;
  if (!of.order.empty()) metadata["order_id"] = of.order;
  object["metadata"] = std::move(metadata);
  return object;
}

http::response answer(status code, const json::object& body) { return http::make_json(code, json::serialize(body)); }

http::response refuse(status code, std::string_view type, json::object error) {
  error["type"] = json::string_view(type);
  json::object body;
  body["error"] = std::move(error);
  return answer(code, body);
}

json::object saying(std::string_view code, std::string_view message) {
  json::object error;
  if (!code.empty()) error["code"] = json::string_view(code);
  error["message"] = json::string_view(message);
  return error;
}

}  // namespace

http::response answer_intent(const intent_id& id, const intent& of) { return answer(status::ok, describe(id, of)); }

http::response answer_intents(std::span<const ledger::entry> page, bool has_more) {
  json::array data;
  for (const auto& [id, what] : page) data.push_back(describe(id, *what));
  json::object list;
  list["object"] = "list";
  list["has_more"] = has_more;
  list["data"] = std::move(data);
  return answer(status::ok, list);
}

// Sealed as an intent's id is.
std::string refund_id_of_key(std::string_view idempotency_key) {
  return "re_" + intent_id::of_key(idempotency_key).to_string().substr(3);
}

bool is_refund_id(std::string_view text) {
  return text.starts_with("re_") && intent_id::parse("pi_" + std::string(text.substr(3))).has_value();
}

http::response answer_refund(std::string_view id, std::string_view status, const intent_id* of) {
  json::object refund;
  refund["id"] = json::string_view(id);
  refund["object"] = "refund";
  if (of != nullptr) refund["payment_intent"] = of->to_string();
  refund["status"] = json::string_view(status);
  return answer(http::status::ok, refund);
}

http::response refuse_card(const intent_id& id, const intent& of) {
  json::object error = saying(of.refusal->code, "Your card was declined.");
  if (!of.refusal->decline_code.empty()) error["decline_code"] = json::string_view(of.refusal->decline_code);
  error["payment_intent"] = describe(id, of);
  return refuse(status::payment_required, "card_error", std::move(error));
}

http::response refuse_reused_key(std::string_view idempotency_key) {
  const std::string message =
      "Keys for idempotent requests can only be used with the same parameters they were first used with: " +
      std::string(idempotency_key);
  return refuse(status::bad_request, "idempotency_error", saying("", message));
}

http::response refuse_parameter(std::string_view name, std::string_view why) {
  json::object error = saying("parameter_invalid", why);
  error["param"] = json::string_view(name);
  return refuse(status::bad_request, "invalid_request_error", std::move(error));
}

http::response refuse_payment_method(std::string_view id) {
  json::object error = saying("resource_missing", "No such PaymentMethod: '" + std::string(id) + "'");
  error["param"] = "payment_method";
  return refuse(status::bad_request, "invalid_request_error", std::move(error));
}

http::response refuse_intent(std::string_view code, std::string_view why) {
  return refuse(status::bad_request, "invalid_request_error", saying(code, why));
}

http::response refuse_unknown(std::string_view what) {
  return refuse(status::not_found, "invalid_request_error",
                saying("resource_missing", "No such object: " + std::string(what)));
}

http::response refuse_credentials() {
  return refuse(status::unauthorized, "invalid_request_error",
                saying("", "You did not provide an API key: Authorization: Bearer YOUR_SECRET_KEY."));
}

http::response refuse_permission() {
  return refuse(status::forbidden, "invalid_request_error", saying("", "This key may not do this, on purpose."));
}

http::response refuse_haste() {
  auto refusal =
      refuse(status::too_many_requests, "invalid_request_error", saying("rate_limit", "Too fast, on purpose."));
  refusal.set(http::field::retry_after, "1");
  return refusal;
}

http::response refuse_service() {
  return refuse(status::service_unavailable, "api_error", saying("", "Away for a while, on purpose."));
}

http::response fail() {
  return refuse(status::internal_server_error, "api_error", saying("", "Something went wrong, on purpose."));
}

}  // namespace ticketd::sandbox
