// What is said to the provider, and what its answers are taken for.
#include "payment/stripe.hpp"
#include "support/catch2.hpp"

#include <string>
#include <string_view>
#include <utility>

using ticketd::domain::payment_result;
using namespace ticketd;
using namespace ticketd::payment;

namespace {

std::string error(std::string_view type, std::string_view code = "") {
  return R"({"error": {"type": ")" + std::string(type) + R"(", "code": ")" + std::string(code) +
         R"(", "message": "m"}})";
}

std::string intent(std::string_view status) { return R"({"id": "pi_1", "status": ")" + std::string(status) + R"("})"; }

std::string refund(std::string_view status) { return R"({"id": "re_1", "status": ")" + std::string(status) + R"("})"; }

const charge_request asked = [] {
  charge_request request;
  request.order = *domain::order_id::parse("6f0c0000-0000-8000-8000-000000000001");
  request.amount = {600000, "TRY"};
  return request;
}();

}  // namespace

TEST_CASE("stripe: a charge is a form") {
  charge_request request;
  request.order = *domain::order_id::parse("6f0c0000-0000-8000-8000-000000000001");
  request.amount = {600000, "TRY"};
  CHECK(write_charge(request, "pm_card_visa") ==
        "amount=600000&currency=try&confirm=true&payment_method=pm_card_visa&payment_method_types%5B%5D=card"
        "&error_on_requires_action=true&metadata%5Border_id%5D=6f0c0000-0000-8000-8000-000000000001");
  CHECK(write_refund("pi_1") == "payment_intent=pi_1");
}

TEST_CASE("stripe: what an answer to a charge means") {
  const auto [status, body, means, is_to_be_looked_at] = GENERATE(table<unsigned, std::string, payment_result, bool>({
      {200, intent("succeeded"), payment_result::succeeded, false},
      {200, intent("processing"), payment_result::unknown, false},
      {200, intent("requires_payment_method"), payment_result::declined, false},
      {200, intent("requires_action"), payment_result::declined, false},
      {200, intent("canceled"), payment_result::declined, false},
      {200, intent("requires_capture"), payment_result::our_mistake, true},
      {200, intent("requires_confirmation"), payment_result::our_mistake, true},
      {200, intent("a new state"), payment_result::unknown, true},
      {200, R"({"id": "pi_\u0000", "status": "succeeded"})", payment_result::unknown, true},
      {200, R"({"id": "pi/1", "status": "succeeded"})", payment_result::unknown, true},
      {200, R"({"id": ")" + std::string(256, 'x') + R"(", "status": "succeeded"})", payment_result::unknown, true},
      {200, R"({"id": "pi_1", "status": "succeeded", "amount": 600000, "currency": "try"})", payment_result::succeeded,
       false},
      {200, R"({"id": "pi_1", "status": "succeeded", "amount": 600001})", payment_result::unknown, true},
      {200, R"({"id": "pi_1", "status": "succeeded", "amount": "600000"})", payment_result::unknown, true},
      {200, R"({"id": "pi_1", "status": "succeeded", "currency": "usd"})", payment_result::unknown, true},
      {204, "", payment_result::unknown, true},
      {200, R"({"status": "succeeded"})", payment_result::unknown, true},
      {200, "<html>", payment_result::unknown, true},
      {200, "[]", payment_result::unknown, true},
      {402, error("card_error", "card_declined"), payment_result::declined, false},
      {402, error("api_error"), payment_result::declined, true},
      {402, "a proxy's page", payment_result::our_mistake, true},
      {402, "", payment_result::our_mistake, true},
      {400, error("invalid_request_error"), payment_result::our_mistake, true},
      {400, error("invalid_request_error", "parameter_unknown"), payment_result::our_mistake, true},
      {400, error("invalid_request_error", "amount_too_small"), payment_result::declined, true},
      {400, error("invalid_request_error", "amount_too_large"), payment_result::declined, true},
      {400, R"({"error": {"type": "invalid_request_error", "param": "payment_method"}})", payment_result::declined,
       true},
      {400, error("idempotency_error"), payment_result::unknown, true},
      {400, "", payment_result::our_mistake, true},
      {404, "nothing of the provider's", payment_result::our_mistake, true},
      {405, "", payment_result::our_mistake, true},
      {408, "", payment_result::unknown, false},
      {401, error("invalid_request_error"), payment_result::not_done, true},
      {403, error("invalid_request_error"), payment_result::not_done, true},
      {409, error("idempotency_error"), payment_result::unknown, true},
      {409, error("idempotency_error", "idempotency_key_in_use"), payment_result::unknown, false},
      {409, "", payment_result::unknown, false},
      {429, error("invalid_request_error"), payment_result::not_done, false},
      {500, error("api_error"), payment_result::unknown, false},
      {503, "", payment_result::unknown, false},
      {301, "<html>", payment_result::our_mistake, true},
      {302, "", payment_result::our_mistake, true},
  }));
  CAPTURE(status, body);
  const auto reading = read_charge(status, body, asked);
  CHECK(reading.answer.result == means);
  CHECK(reading.is_to_be_looked_at == is_to_be_looked_at);
  CHECK(reading.is_processing == (body == intent("processing")));
  CHECK(reading.is_another == (body == error("idempotency_error")));
  CHECK((reading.answer.result == payment_result::succeeded ? reading.answer.intent_id == "pi_1"
                                                            : !reading.answer.detail.empty()));
}

TEST_CASE("stripe: a payment method that is none is nobody's to look at where the buyer named it") {
  const std::string no_such_method =
      R"({"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "payment_method"}})";
  charge_request request = asked;
  request.payment_method = "pm_of_a_stranger";
  CHECK(read_charge(400, no_such_method, request).answer.result == payment_result::declined);
  CHECK_FALSE(read_charge(400, no_such_method, request).is_to_be_looked_at);
  CHECK(read_charge(400, no_such_method, asked).is_to_be_looked_at);  // the setting's
  // What else is wrong with a request is, whoever's method it names.
  for (const auto& [status, body] : {std::pair(400u, error("invalid_request_error", "amount_too_small")),
                                     {401u, no_such_method},
                                     {400u, error("invalid_request_error", "payment_method_unactivated")},
                                     {402u, error("api_error")}}) {
    CAPTURE(status, body);
    CHECK(read_charge(status, body, request).is_to_be_looked_at);
  }
}

TEST_CASE("stripe: an order's intent is looked for by what was written into it") {
  const auto order = *domain::order_id::parse("6f0c0000-0000-8000-8000-000000000001");
  const domain::timestamp since{std::chrono::seconds(1'800'000'000)};
  CHECK(target_of_list(since, std::chrono::minutes(5)) == "/v1/payment_intents?limit=100&created%5Bgte%5D=1799999700");
  CHECK(target_of_list(std::nullopt, std::chrono::minutes(5)) == "/v1/payment_intents?limit=100");
  CHECK(target_of_search(order) ==
        "/v1/payment_intents/search?query=metadata%5B%27order_id%27%5D%3A%27"
        "6f0c0000-0000-8000-8000-000000000001%27");

  const auto intent_of = [](std::string_view id, std::string_view status, std::string_view of) {
    return R"({"id": ")" + std::string(id) + R"(", "status": ")" + std::string(status) +
           R"(", "metadata": {"order_id": ")" + std::string(of) + R"("}})";
  };
  const auto read = [&](const std::string& intents, const std::string& has_more) {
    return read_intents(200, R"({"data": [)" + intents + R"(], "has_more": )" + has_more + "}", asked).answer;
  };
  const std::string ours = order.to_string();
  const auto other = intent_of("pi_0", "succeeded", "6f0c0000-0000-8000-8000-000000000002");
  const auto paid = intent_of("pi_1", "succeeded", ours);
  const auto refused = intent_of("pi_2", "requires_payment_method", ours);
  CHECK(read(other + "," + paid, "true").result == payment_result::succeeded);
  CHECK(read(other + "," + paid, "true").intent_id == "pi_1");
  CHECK(read(refused, "false").result == payment_result::declined);
  CHECK(read(refused + "," + paid, "false").intent_id == "pi_1");
  CHECK(read(paid + "," + refused, "false").intent_id == "pi_1");
  CHECK(read(refused + "," + intent_of("pi_3", "processing", ours), "false").result == payment_result::unknown);
  CHECK(read(other, "false").result == payment_result::absent);
  CHECK(read("", "false").result == payment_result::absent);
  CHECK(read(other, "true").result == payment_result::unknown);
  CHECK(read(R"({"id": "pi_9", "status": "succeeded"}, 7)", "false").result == payment_result::absent);
  CHECK(read_intents(200, "{}", asked).answer.result == payment_result::unknown);
  CHECK(read_intents(200, R"({"data": []})", asked).answer.result == payment_result::unknown);
  for (const unsigned status : {400U, 401U, 404U, 429U, 500U})
    CHECK(read_intents(status, error("invalid_request_error"), asked).answer.result == payment_result::unknown);
}

TEST_CASE("stripe: what is of another order, or amount, is not this one's") {
  const auto of = [](std::string_view order, int amount) {
    return R"({"id": "pi_1", "status": "succeeded", "currency": "try", "amount": )" + std::to_string(amount) +
           R"(, "metadata": {"order_id": ")" + std::string(order) + R"("}})";
  };
  const std::string ours = asked.order.to_string();
  CHECK(read_charge(200, of(ours, 600000), asked).answer.result == payment_result::succeeded);
  const auto strange = read_charge(200, of("6f0c0000-0000-8000-8000-000000000002", 600000), asked);
  CHECK(strange.answer.result == payment_result::unknown);
  CHECK(strange.is_another);
  CHECK(read_charge(200, of(ours, 1), asked).answer.result == payment_result::unknown);
  const auto listed = [&](const std::string& intents) {
    return read_intents(200, R"({"data": [)" + intents + R"(], "has_more": false})", asked);
  };
  CHECK(listed(of(ours, 600000)).answer.result == payment_result::succeeded);
  CHECK(listed(of(ours, 1)).answer.result == payment_result::unknown);
  CHECK_FALSE(listed(of(ours, 600000)).is_to_be_looked_at);
  CHECK(listed(of(ours, 600000) + "," + of(ours, 600000)).is_to_be_looked_at);  // charged twice
  CHECK(read_refund(200, R"({"id": "re_1", "status": "succeeded", "amount": 1})", asked.amount).answer.result ==
        payment_result::unknown);
}

TEST_CASE("stripe: a payment method or an amount that is refused is that order's own") {
  const auto refused = [](std::string_view code, std::string_view param) {
    return read_charge(400,
                       R"({"error": {"type": "invalid_request_error", "code": ")" + std::string(code) +
                           R"(", "param": ")" + std::string(param) + R"("}})",
                       asked)
        .answer.result;
  };
  CHECK(refused("payment_method_unexpected_state", "") == payment_result::declined);
  CHECK(refused("payment_method_unactivated", "payment_method_types") == payment_result::our_mistake);
  CHECK(refused("resource_missing", "payment_method") == payment_result::declined);
  CHECK(refused("", "payment_method_data[type]") == payment_result::declined);
  CHECK(refused("charge_exceeds_transaction_limit", "") == payment_result::declined);
  CHECK(refused("", "payment_method_types[]") == payment_result::our_mistake);
  CHECK(refused("parameter_invalid_integer", "amount") == payment_result::our_mistake);
  CHECK(read_charge(425, "", asked).answer.result == payment_result::not_done);
}

TEST_CASE("stripe: what an answer to a refund means") {
  CHECK(read_refund(200, R"({"id": "re_1", "status": "succeeded"})", asked.amount).answer.result ==
        payment_result::succeeded);
  for (const auto* state : {"pending", "requires_action"}) {
    const auto reading = read_refund(200, refund(state), asked.amount);
    CHECK(reading.answer.result == payment_result::under_way);
    CHECK(reading.answer.refund_id == "re_1");
  }
  CHECK(read_refund(200, R"({"status": "pending"})", asked.amount).answer.result ==
        payment_result::unknown);  // nothing to ask for
  for (const auto* state : {"failed", "canceled"}) {
    CHECK(read_refund(200, refund(state), asked.amount).answer.result == payment_result::declined);
    CHECK(read_refund(200, refund(state), asked.amount).is_to_be_looked_at);
  }
  CHECK(read_refund(200, refund("new_state"), asked.amount).answer.result == payment_result::unknown);
  CHECK(read_refund(400, error("invalid_request_error", "charge_already_refunded"), asked.amount).answer.result ==
        payment_result::succeeded);
  CHECK(read_refund(404, error("invalid_request_error", "resource_missing"), asked.amount).answer.result ==
        payment_result::declined);
  CHECK(read_refund(500, error("api_error"), asked.amount).answer.result == payment_result::unknown);
  CHECK(read_refund(404, "a page", asked.amount).answer.result ==
        payment_result::our_mistake);  // not the provider's "no"
  CHECK(read_refund(200, R"({"id": "re/1", "status": "pending"})", asked.amount).answer.result ==
        payment_result::unknown);
}

TEST_CASE("stripe: what is wrong with a question about a refund is not wrong with the refund") {
  CHECK(read_followed_refund(200, refund("succeeded"), asked.amount).answer.result == payment_result::succeeded);
  CHECK(read_followed_refund(200, refund("pending"), asked.amount).answer.result == payment_result::under_way);
  CHECK(read_followed_refund(200, refund("failed"), asked.amount).answer.result == payment_result::declined);
  CHECK(read_followed_refund(404, error("invalid_request_error", "resource_missing"), asked.amount).answer.result ==
        payment_result::unknown);
  CHECK(read_followed_refund(401, error("invalid_request_error"), asked.amount).answer.result ==
        payment_result::not_done);
  CHECK(read_followed_refund(500, "", asked.amount).answer.result == payment_result::unknown);
}

TEST_CASE("stripe: only looking for an intent tells where a repeat may hear the same for ever") {
  charge_request charge;
  provider_reading reading;
  reading.answer.result = payment_result::unknown;
  CHECK_FALSE(is_to_be_found(reading, charge));  // the first time it is asked again
  charge.is_in_doubt = true;
  CHECK(is_to_be_found(reading, charge));
  reading.is_being_worked_on = true;
  CHECK_FALSE(is_to_be_found(reading, charge));
  reading.is_another = true;
  CHECK(is_to_be_found(reading, charge));
  reading = provider_reading();
  reading.answer.result = payment_result::declined;
  CHECK_FALSE(is_to_be_found(reading, charge));
}
