// What is said to the provider and what its answers mean: the subset of Stripe's API that ticketd speaks, without I/O.
//
// An answer is taken for a final "no" only where the provider itself said so in its own form. Anything else (a proxy's
// page, an error of theirs, a key that is in use) leaves the outcome unknown: a charge given up that was made all the
// same is the one mistake that costs a buyer money.
#pragma once

#include "ticketd/payment/gateway.hpp"

#include <string>
#include <string_view>

namespace ticketd::payment {

// The body of POST /v1/payment_intents, application/x-www-form-urlencoded.
[[nodiscard]] std::string write_charge(const charge_request& request, std::string_view payment_method);
// The body of POST /v1/refunds.
[[nodiscard]] std::string write_refund(std::string_view intent_id);

struct provider_reading {
  charge_answer answer;
  bool is_processing = false;       // the provider works on it: only asking for the intent itself will tell
  bool is_to_be_looked_at = false;  // the provider did not understand, or does not know us
};

[[nodiscard]] provider_reading read_charge(unsigned status, std::string_view body);
[[nodiscard]] provider_reading read_refund(unsigned status, std::string_view body);
[[nodiscard]] provider_reading read_followed_refund(unsigned status, std::string_view body);

}  // namespace ticketd::payment
