#include "payment/stripe.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ticketd::payment {
namespace {

namespace json = boost::json;
namespace urls = boost::urls;
using domain::payment_result;

constexpr unsigned ok = 200;
constexpr unsigned first_of_refusals = 300;  // redirections among them
constexpr unsigned unauthorized = 401;
constexpr unsigned forbidden = 403;
constexpr unsigned payment_required = 402;
constexpr unsigned request_timeout = 408;
constexpr unsigned conflict = 409;
constexpr unsigned too_early = 425;  // RFC 8470, 5.2: not processed
constexpr unsigned too_many_requests = 429;
constexpr unsigned server_error = 500;

class form {
 public:
  form& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += encoded(name);
    text_ += '=';
    text_ += encoded(value);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string encoded(std::string_view text) {
    return urls::encode(boost::core::string_view(text), urls::unreserved_chars);
  }
  std::string text_;
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

const json::value* find_member(const json::value* in, std::string_view name) {
  const auto* object = in ? in->if_object() : nullptr;
  return object ? object->if_contains(json::string_view(name)) : nullptr;
}

// "" where there is no such member, or no text.
std::string_view text_of(const json::value* in, std::string_view name) {
  const auto* member = find_member(in, name);
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

struct provider_error {
  std::string_view type;
  std::string_view code;
  std::string_view param;
  std::string_view message;
};

provider_error error_in(const json::value& body) {
  const auto* error = find_member(&body, "error");
  return {text_of(error, "type"), text_of(error, "code"), text_of(error, "param"), text_of(error, "message")};
}

provider_reading unknown(std::string detail) {
  provider_reading reading;
  reading.answer.detail = std::move(detail);
  return reading;
}

provider_reading declined(std::string detail) {
  provider_reading reading = unknown(std::move(detail));
  reading.answer.result = payment_result::declined;
  return reading;
}

provider_reading succeeded(std::string_view intent_id) {
  provider_reading reading;
  reading.answer.result = payment_result::succeeded;
  reading.answer.intent_id = intent_id;
  return reading;
}

provider_reading certainly(payment_result result, std::string detail) {
  provider_reading reading = unknown(std::move(detail));
  reading.answer.result = result;
  return reading;
}

provider_reading to_be_looked_at(provider_reading reading) {
  reading.is_to_be_looked_at = true;
  return reading;
}

// What is wrong with an invalid request is the order's own, and no other order's (Stripe, "Error codes"): its amount.
bool is_amounts_fault(const provider_error& error) {
  constexpr std::string_view of_the_amount[] = {"amount_too_small", "amount_too_large", "invalid_charge_amount",
                                                "charge_exceeds_source_limit", "charge_exceeds_transaction_limit"};
  return std::ranges::find(of_the_amount, error.code) != std::end(of_the_amount);
}

// Or its payment method.
bool is_methods_fault(const provider_error& error) {
  // These are of our account, and of no buyer's method.
  constexpr std::string_view of_the_account[] = {"payment_method_unactivated", "payment_method_configuration_failures"};
  return error.param == "payment_method" || error.param.starts_with("payment_method[") ||
         error.param.starts_with("payment_method_data") ||
         (error.code.starts_with("payment_method_") && !error.param.starts_with("payment_method_") &&
          std::ranges::find(of_the_account, error.code) == std::end(of_the_account));
}

std::string describe(unsigned status, const provider_error& error) {
  std::string text = std::to_string(status);
  for (const std::string_view part : {error.type, error.code, error.message})
    if (!part.empty()) text.append(" ").append(part);
  return text;
}

// Turned away before anything was looked at (Stripe API, "Errors"): nobody was charged.
bool is_turned_away(unsigned status) noexcept {
  return status == unauthorized || status == forbidden || status == too_many_requests || status == too_early;
}

// Of an idempotency key that is in use, or of whatever else may have been done, or may be at this moment.
provider_reading read_doubt(const provider_error& error, std::string detail) {
  provider_reading reading = unknown(std::move(detail));
  reading.is_being_worked_on = error.code == "idempotency_key_in_use";
  return reading;
}

// A "no" of the provider's own, or nobody's answer.
provider_reading read_refusal(unsigned status, const provider_error& error, std::string detail) {
  if (error.type == "card_error") return declined(std::move(detail));
  const bool is_no = (status == payment_required && !error.type.empty()) ||
                     (error.type == "invalid_request_error" && (is_amounts_fault(error) || is_methods_fault(error)));
  if (is_no) return to_be_looked_at(declined(std::move(detail)));
  // A redirection, a page of somebody in between, a path or method that is not there: nothing was done, and the next
  // one would end the same way. No order fails for what the provider did not say in its own form.
  return to_be_looked_at(certainly(payment_result::our_mistake, std::move(detail)));
}

// Any answer but 200.
provider_reading read_error(unsigned status, const json::value& body) {
  const provider_error error = error_in(body);
  std::string detail = describe(status, error);
  if (is_turned_away(status)) {
    provider_reading reading = certainly(payment_result::not_done, std::move(detail));
    reading.is_to_be_looked_at = status == unauthorized || status == forbidden;
    return reading;
  }
  // The same was asked for under this key, with other parameters, unless it is being worked on at this moment.
  if (error.type == "idempotency_error" && error.code != "idempotency_key_in_use") {
    provider_reading reading = to_be_looked_at(unknown(std::move(detail)));
    reading.is_another = true;
    return reading;
  }
  if (status == conflict || status == request_timeout) return read_doubt(error, std::move(detail));
  if (status >= server_error) return unknown(std::move(detail));
  if (status < first_of_refusals)  // another success than the one that is known
    return to_be_looked_at(unknown(std::move(detail)));
  return read_refusal(status, error, std::move(detail));
}

json::value parse(std::string_view body) {
  boost::system::error_code not_json;
  return json::parse(json::string_view(body), not_json);
}

// What can be stored, and sent back as a part of a path: Stripe's ids are at most 255 of these ("Upgrades": opaque).
std::string_view id_of(const json::value& object) {
  constexpr std::size_t longest = 255;
  const std::string_view id = text_of(&object, "id");
  const bool is_one = id.size() <= longest && std::ranges::all_of(id, urls::unreserved_chars);
  return is_one ? id : std::string_view();
}

provider_reading read_intent(const json::value& intent) {
  const std::string_view status = text_of(&intent, "status");
  const std::string_view id = id_of(intent);
  if (status == "succeeded" && !id.empty()) return succeeded(id);
  if (status == "processing" && !id.empty()) {
    provider_reading reading = unknown("processing");
    reading.answer.intent_id = id;
    reading.is_processing = true;
    return reading;
  }
  // The card was refused, or its holder would have to act, and there is nobody whom we could ask to: no charge was
  // made, and without another confirmation none will be.
  if (status == "requires_payment_method" || status == "requires_action" || status == "canceled")
    return declined(std::string(status));
  // Neither is asked for: the account is set up otherwise. Nothing was charged, and nothing will be unless somebody
  // sees to it.
  if (status == "requires_capture" || status == "requires_confirmation")
    return to_be_looked_at(
        certainly(payment_result::our_mistake, "an intent of status \"" + std::string(status) + "\""));
  return to_be_looked_at(unknown("an intent of status \"" + std::string(status) + "\""));
}

// Whether an intent, or a refund, is about this much. Stripe says both; one that says neither is believed.
bool is_of(const json::value& said, const domain::money& asked) {
  const auto* amount = find_member(&said, "amount");
  const std::string_view currency = text_of(&said, "currency");
  const bool is_amount = amount == nullptr || (amount->is_int64() && amount->get_int64() == asked.amount);
  return is_amount && (currency.empty() || lower(std::string(currency)) == lower(asked.currency));
}

// The order's own, and of its amount: what is not is another's answer, or nobody's.
provider_reading read_intent_of(const json::value& intent, const charge_request& asked) {
  const std::string_view order = text_of(find_member(&intent, "metadata"), "order_id");
  if (!order.empty() && order != asked.order.to_string()) {
    provider_reading reading = to_be_looked_at(unknown("an intent of another order"));
    reading.is_another = true;
    return reading;
  }
  if (!is_of(intent, asked.amount)) return to_be_looked_at(unknown("an intent of another amount"));
  return read_intent(intent);
}

const json::array* find_array(const json::value& in, std::string_view name) {
  const auto* member = find_member(&in, name);
  return member ? member->if_array() : nullptr;
}

// Of several intents of one order (a key that was forgotten was used again): the one that took the money tells.
int rank_of(payment_result result) noexcept {
  if (result == payment_result::succeeded) return 2;
  return result == payment_result::declined ? 0 : 1;
}

// nullopt: none of these is the order's.
std::optional<provider_reading> find_own(const json::array& intents, const charge_request& asked) {
  const std::string id = asked.order.to_string();
  std::optional<provider_reading> found;
  int charges = 0;
  for (const json::value& intent : intents) {
    if (text_of(find_member(&intent, "metadata"), "order_id") != id) continue;
    provider_reading reading = read_intent_of(intent, asked);
    charges += reading.answer.result == payment_result::succeeded ? 1 : 0;
    if (!found || rank_of(reading.answer.result) > rank_of(found->answer.result)) found = std::move(reading);
  }
  if (!found || charges <= 1) return found;
  found->answer.detail = "charged " + std::to_string(charges) + " times";
  return to_be_looked_at(*std::move(found));
}

provider_reading read_made_refund(const json::value& refund, const domain::money& asked) {
  if (!is_of(refund, asked)) return to_be_looked_at(unknown("a refund of another amount"));
  const std::string_view state = text_of(&refund, "status");
  if (state == "succeeded") return succeeded({});
  // On its way through the banks, which may send it back days later (Stripe, "Refunds": its status is to be followed).
  const std::string_view id = id_of(refund);
  if ((state == "pending" || state == "requires_action") && !id.empty()) {
    provider_reading reading = certainly(payment_result::under_way, std::string(state));
    reading.answer.refund_id = id;
    return reading;
  }
  if (state == "failed" || state == "canceled") return to_be_looked_at(declined("a refund " + std::string(state)));
  return to_be_looked_at(unknown("a refund of status \"" + std::string(state) + "\""));
}

}  // namespace

std::string target_of_list(const std::optional<domain::timestamp>& since, std::chrono::seconds clocks_differ) {
  form query;
  query.add("limit", "100");
  if (since)
    query.add("created[gte]", std::to_string((since->time_since_epoch() - clocks_differ) / std::chrono::seconds(1)));
  return "/v1/payment_intents?" + query.take();
}

std::string target_of_search(const domain::order_id& order) {
  return "/v1/payment_intents/search?" + form().add("query", "metadata['order_id']:'" + order.to_string() + "'").take();
}

std::string write_charge(const charge_request& request, std::string_view payment_method) {
  return form()
      .add("amount", std::to_string(request.amount.amount))
      .add("currency", lower(request.amount.currency))
      .add("confirm", "true")
      .add("payment_method", payment_method)
      .add("payment_method_types[]", "card")
      .add("error_on_requires_action", "true")  // the buyer has left: a card that wants a second step is a "no" at once
      .add("metadata[order_id]", request.order.to_string())
      .take();
}

std::string write_refund(std::string_view intent_id) { return form().add("payment_intent", intent_id).take(); }

bool is_to_be_found(const provider_reading& reading, const charge_request& asked) noexcept {
  const bool is_in_doubt_again =
      reading.answer.result == payment_result::unknown && asked.is_in_doubt && !reading.is_being_worked_on;
  return reading.is_another || is_in_doubt_again;
}

provider_reading read_charge(unsigned status, std::string_view body, const charge_request& asked) {
  const json::value answer = parse(body);
  if (status == ok) return read_intent_of(answer, asked);
  provider_reading reading = read_error(status, answer);
  // The buyer's own word: anybody may send one that is none, as often as they like, and nobody need look.
  const bool is_buyers_method = !asked.payment_method.empty() && is_methods_fault(error_in(answer));
  if (is_buyers_method && reading.answer.result == payment_result::declined) reading.is_to_be_looked_at = false;
  return reading;
}

provider_reading read_intents(unsigned status, std::string_view body, const charge_request& asked) {
  const json::value answer = parse(body);
  const auto* intents = status == ok ? find_array(answer, "data") : nullptr;
  if (intents == nullptr) return unknown("not looked up: " + describe(status, error_in(answer)));
  if (auto found = find_own(*intents, asked)) return *std::move(found);
  const auto* more = find_member(&answer, "has_more");
  const bool is_all = more != nullptr && more->is_bool() && !more->get_bool();
  return is_all ? certainly(payment_result::absent, "no intent of the order") : unknown("not among the newest");
}

provider_reading read_refund(unsigned status, std::string_view body, const domain::money& asked) {
  const json::value answer = parse(body);
  if (status == ok) return read_made_refund(answer, asked);
  if (error_in(answer).code == "charge_already_refunded") return succeeded({});
  auto reading = read_error(status, answer);
  // Of a refund nothing but its intent can be wrong, where the provider itself says so: it will not do it, now or
  // later.
  const bool is_refused = error_in(answer).type == "invalid_request_error";
  if (is_refused && reading.answer.result == payment_result::our_mistake)
    reading.answer.result = payment_result::declined;
  return reading;
}

provider_reading read_followed_refund(unsigned status, std::string_view body, const domain::money& asked) {
  if (status == ok) return read_refund(status, body, asked);
  // Whatever is wrong with the question says nothing about the refund.
  provider_reading reading = read_error(status, parse(body));
  if (reading.answer.result != payment_result::not_done) reading.answer.result = payment_result::unknown;
  return reading;
}

}  // namespace ticketd::payment
