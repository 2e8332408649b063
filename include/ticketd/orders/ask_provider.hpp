// One call of the payment provider for one payment that is due: whichever is its turn.
//
// Thread: the gateway's executor. The gateway outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/charge_attempts.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/timestamp.hpp"
#include "ticketd/payment/gateway.hpp"

#include <chrono>

namespace ticketd::orders {

struct provider_reply {
  domain::payment_outcome outcome;
  payment::provider_pace pace = payment::provider_pace::unsaid;
  std::chrono::seconds pause{0};  // what the provider asks for before anything else is sent
};

// Asks the provider once, until then. Never fails: what can't be known is payment_result::unknown.
[[nodiscard]] awaitable<provider_reply> ask_provider(payment::gateway& gateway, domain::due_payment due,
                                                     const domain::attempt_terms& terms, domain::timestamp now,
                                                     deadline until);

}  // namespace ticketd::orders
