// The sandbox's answers, in Stripe's form (https://docs.stripe.com/api/errors and /payment_intents/object).
#pragma once

#include "sandbox/ledger.hpp"
#include "ticketd/http/message.hpp"

#include <string_view>

namespace ticketd::sandbox {

[[nodiscard]] http::response answer_intent(const intent_id& id, const intent& of);
[[nodiscard]] http::response answer_refund(const intent_id& id, std::string_view idempotency_key);

[[nodiscard]] http::response refuse_card(const intent_id& id, const intent& of);             // 402 card_error
[[nodiscard]] http::response refuse_reused_key(std::string_view idempotency_key);            // 400 idempotency_error
[[nodiscard]] http::response refuse_parameter(std::string_view name, std::string_view why);  // 400
[[nodiscard]] http::response refuse_intent(std::string_view code, std::string_view why);     // 400, of a known intent
[[nodiscard]] http::response refuse_unknown(std::string_view what);                          // 404 resource_missing
[[nodiscard]] http::response refuse_credentials();                                           // 401
[[nodiscard]] http::response fail();                                                         // 500 api_error

}  // namespace ticketd::sandbox
