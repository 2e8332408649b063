// What is said to the provider, and what its answers are taken for.
#include "payment/stripe.hpp"
#include "support/catch2.hpp"

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
      {200, intent("requires_capture"), payment_result::unknown, true},
      {200, R"({"status": "succeeded"})", payment_result::unknown, true},
      {200, "<html>", payment_result::unknown, true},
      {200, "[]", payment_result::unknown, true},
      {402, error("card_error", "card_declined"), payment_result::declined, false},
      {402, "a proxy's page", payment_result::unknown, true},
      {400, error("invalid_request_error"), payment_result::our_mistake, true},
      {400, error("invalid_request_error", "parameter_unknown"), payment_result::our_mistake, true},
      {400, error("invalid_request_error", "amount_too_small"), payment_result::declined, true},
      {400, error("invalid_request_error", "amount_too_large"), payment_result::declined, true},
      {400, R"({"error": {"type": "invalid_request_error", "param": "payment_method"}})", payment_result::declined,
       true},
      {400, error("idempotency_error"), payment_result::unknown, true},
      {404, "nothing of the provider's", payment_result::unknown, true},
      {401, error("invalid_request_error"), payment_result::not_done, true},
      {403, error("invalid_request_error"), payment_result::not_done, true},
      {409, error("idempotency_error"), payment_result::unknown, false},
      {429, error("invalid_request_error"), payment_result::not_done, false},
      {500, error("api_error"), payment_result::unknown, false},
      {503, "", payment_result::unknown, false},
      {302, "", payment_result::unknown, true},
  }));
  CAPTURE(status, body);
  const auto reading = read_charge(status, body);
  CHECK(reading.answer.result == means);
  CHECK(reading.is_to_be_looked_at == is_to_be_looked_at);
  CHECK(reading.is_processing == (body == intent("processing")));
  CHECK((reading.answer.result == payment_result::succeeded ? reading.answer.intent_id == "pi_1"
                                                            : !reading.answer.detail.empty()));
}

TEST_CASE("stripe: what an answer to a refund means") {
  CHECK(read_refund(200, R"({"id": "re_1", "status": "succeeded"})").answer.result == payment_result::succeeded);
  for (const auto* state : {"pending", "requires_action"}) {
    const auto reading = read_refund(200, refund(state));
    CHECK(reading.answer.result == payment_result::under_way);
    CHECK(reading.answer.refund_id == "re_1");
  }
  CHECK(read_refund(200, R"({"status": "pending"})").answer.result == payment_result::unknown);  // nothing to ask for
  for (const auto* state : {"failed", "canceled"}) {
    CHECK(read_refund(200, refund(state)).answer.result == payment_result::declined);
    CHECK(read_refund(200, refund(state)).is_to_be_looked_at);
  }
  CHECK(read_refund(200, refund("new_state")).answer.result == payment_result::unknown);
  CHECK(read_refund(400, error("invalid_request_error", "charge_already_refunded")).answer.result ==
        payment_result::succeeded);
  CHECK(read_refund(404, error("invalid_request_error", "resource_missing")).answer.result == payment_result::declined);
  CHECK(read_refund(500, error("api_error")).answer.result == payment_result::unknown);
}

TEST_CASE("stripe: what is wrong with a question about a refund is not wrong with the refund") {
  CHECK(read_followed_refund(200, refund("succeeded")).answer.result == payment_result::succeeded);
  CHECK(read_followed_refund(200, refund("pending")).answer.result == payment_result::under_way);
  CHECK(read_followed_refund(200, refund("failed")).answer.result == payment_result::declined);
  CHECK(read_followed_refund(404, error("invalid_request_error", "resource_missing")).answer.result ==
        payment_result::unknown);
  CHECK(read_followed_refund(401, error("invalid_request_error")).answer.result == payment_result::not_done);
  CHECK(read_followed_refund(500, "").answer.result == payment_result::unknown);
}
