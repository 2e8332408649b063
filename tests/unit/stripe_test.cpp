// What is said to the provider, and what its answers are taken for.
#include "payment/stripe.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace ticketd::payment;

namespace {

std::string error(std::string_view type, std::string_view code = "") {
  return R"({"error": {"type": ")" + std::string(type) + R"(", "code": ")" + std::string(code) +
         R"(", "message": "m"}})";
}

std::string intent(std::string_view status) { return R"({"id": "pi_1", "status": ")" + std::string(status) + R"("})"; }

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
  const auto [status, body, means, is_our_mistake] = GENERATE(table<unsigned, std::string, charge_status, bool>({
      {200, intent("succeeded"), charge_status::succeeded, false},
      {200, intent("processing"), charge_status::unknown, false},
      {200, intent("requires_payment_method"), charge_status::declined, false},
      {200, intent("requires_action"), charge_status::declined, false},
      {200, intent("canceled"), charge_status::declined, false},
      {200, intent("requires_capture"), charge_status::unknown, true},
      {200, R"({"status": "succeeded"})", charge_status::unknown, true},
      {200, "<html>", charge_status::unknown, true},
      {200, "[]", charge_status::unknown, true},
      {402, error("card_error", "card_declined"), charge_status::declined, false},
      {402, "a proxy's page", charge_status::unknown, true},
      {400, error("invalid_request_error"), charge_status::declined, true},
      {400, error("idempotency_error"), charge_status::unknown, true},
      {404, "nothing of the provider's", charge_status::unknown, true},
      {401, error("invalid_request_error"), charge_status::unknown, true},
      {403, error("invalid_request_error"), charge_status::unknown, true},
      {409, error("idempotency_error"), charge_status::unknown, false},
      {429, error("invalid_request_error"), charge_status::unknown, false},
      {500, error("api_error"), charge_status::unknown, false},
      {503, "", charge_status::unknown, false},
      {302, "", charge_status::unknown, true},
  }));
  CAPTURE(status, body);
  const auto reading = read_charge(status, body);
  CHECK(reading.answer.status == means);
  CHECK(reading.is_our_mistake == is_our_mistake);
  CHECK(reading.is_processing == (body == intent("processing")));
  CHECK((reading.answer.status == charge_status::succeeded ? reading.answer.intent_id == "pi_1"
                                                           : !reading.answer.detail.empty()));
}

TEST_CASE("stripe: what an answer to a refund means") {
  CHECK(read_refund(200, R"({"id": "re_1", "status": "succeeded"})").answer.status == charge_status::succeeded);
  CHECK(read_refund(200, R"({"id": "re_1", "status": "pending"})").answer.status == charge_status::succeeded);
  CHECK(read_refund(200, R"({"id": "re_1", "status": "failed"})").answer.status == charge_status::unknown);
  CHECK(read_refund(400, error("invalid_request_error", "charge_already_refunded")).answer.status ==
        charge_status::succeeded);
  CHECK(read_refund(404, error("invalid_request_error", "resource_missing")).answer.status == charge_status::declined);
  CHECK(read_refund(500, error("api_error")).answer.status == charge_status::unknown);
}
