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
  object["amount_received"] = of.is_declined ? 0 : of.amount;
  object["currency"] = of.currency;
  object["livemode"] = false;
  object["status"] = of.is_declined ? "requires_payment_method" : "succeeded";
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

http::response answer_refund(const intent_id& id, std::string_view idempotency_key) {
  json::object refund;
  refund["id"] = "re_" + intent_id::of_key(idempotency_key).to_string().substr(3);
  refund["object"] = "refund";
  refund["payment_intent"] = id.to_string();
  refund["status"] = "succeeded";
  return answer(status::ok, refund);
}

http::response refuse_card(const intent_id& id, const intent& of) {
  json::object error = saying("card_declined", "Your card was declined.");
  error["decline_code"] = "generic_decline";
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

http::response refuse_intent(std::string_view code, std::string_view why) {
  return refuse(status::bad_request, "invalid_request_error", saying(code, why));
}

http::response refuse_unknown(std::string_view what) {
  return refuse(status::not_found, "invalid_request_error",
                saying("resource_missing", "No such payment_intent: " + std::string(what)));
}

http::response refuse_credentials() {
  return refuse(status::unauthorized, "invalid_request_error",
                saying("", "You did not provide an API key: Authorization: Bearer YOUR_SECRET_KEY."));
}

http::response fail() {
  return refuse(status::internal_server_error, "api_error", saying("", "Something went wrong, on purpose."));
}

}  // namespace ticketd::sandbox
