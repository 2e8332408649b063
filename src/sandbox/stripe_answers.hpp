// The sandbox's answers, in Stripe's form (https://docs.stripe.com/api/errors and /payment_intents/object).
//
// Pure. Thread: any.
#pragma once

#include "sandbox/ledger.hpp"
#include "ticketd/http/message.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ticketd::sandbox {

[[nodiscard]] http::response answer_intent(const intent_id& id, const intent& of);
[[nodiscard]] http::response answer_intents(std::span<const ledger::entry> page, bool has_more);
[[nodiscard]] std::string refund_id_of_key(std::string_view idempotency_key);
// False for an id that the sandbox never gave out.
[[nodiscard]] bool is_refund_id(std::string_view text);
// `of`: nullptr where it is not known any more.
[[nodiscard]] http::response answer_refund(std::string_view id, std::string_view status, const intent_id* of);

[[nodiscard]] http::response refuse_card(const intent_id& id, const intent& of);             // 402 card_error
[[nodiscard]] http::response refuse_reused_key(std::string_view idempotency_key);            // 400 idempotency_error
[[nodiscard]] http::response refuse_parameter(std::string_view name, std::string_view why);  // 400
[[nodiscard]] http::response refuse_payment_method(std::string_view id);                     // 400 resource_missing
[[nodiscard]] http::response refuse_intent(std::string_view code, std::string_view why);     // 400, of a known intent
[[nodiscard]] http::response refuse_unknown(std::string_view what);                          // 404 resource_missing
[[nodiscard]] http::response refuse_credentials();                                           // 401
[[nodiscard]] http::response refuse_permission();                                            // 403
[[nodiscard]] http::response refuse_haste();                                                 // 429, with Retry-After
[[nodiscard]] http::response refuse_service();                                               // 503 api_error
[[nodiscard]] http::response fail();                                                         // 500 api_error

}  // namespace ticketd::sandbox
