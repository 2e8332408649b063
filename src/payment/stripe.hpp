// What is said to the provider and what its answers mean: the subset of Stripe's API that ticketd speaks, without I/O.
//
// An answer is taken for a final "no" only where the provider itself said so in its own form. Anything else (a proxy's
// page, an error of theirs, a key that is in use) leaves the outcome unknown: a charge given up that was made all the
// same is the one mistake that costs a buyer money.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/payment/gateway.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::payment {

// The body of POST /v1/payment_intents, application/x-www-form-urlencoded.
[[nodiscard]] std::string write_charge(const charge_request& request, std::string_view payment_method);
// The body of POST /v1/refunds.
[[nodiscard]] std::string write_refund(std::string_view intent_id);

// Where an order's intent is looked for. The list is exact, but has the newest hundred of all orders, those made since,
// by a clock that differs from ours by no more than that. The search finds the one, however many there are, but not at
// once: it is a minute behind, or an hour on a bad day (Stripe, "Search": not for read-after-write).
[[nodiscard]] std::string target_of_list(const std::optional<domain::timestamp>& since,
                                         std::chrono::seconds clocks_differ);
[[nodiscard]] std::string target_of_search(const domain::order_id& order);

struct provider_reading {
  charge_answer answer;
  bool is_another = false;          // this was no answer to the order's charge, but to somebody else's
  bool is_processing = false;       // the provider works on it: only asking for the intent itself will tell
  bool is_being_worked_on = false;  // by an earlier call of ours: what is seen of the charge now is not its end
  bool is_to_be_looked_at = false;  // by a person: the provider did not understand, or does not know us
};

// Whether only looking for the order's intent will tell, as a repeat may hear the same for ever, while the buyer has
// perhaps paid. (Stripe, "Idempotent requests": an error of its own is remembered, too. The first time it may be asked
// again; an outage is not to cost it two calls a charge.)
[[nodiscard]] bool is_to_be_found(const provider_reading& reading, const charge_request& asked) noexcept;

// An intent of another order, or of another amount than was asked for, is not taken for the charge, nor for none.
[[nodiscard]] provider_reading read_charge(unsigned status, std::string_view body, const charge_request& asked);
// Of a list or a search: the order's own intent, `absent` where all of them were seen and none is, otherwise `unknown`.
[[nodiscard]] provider_reading read_intents(unsigned status, std::string_view body, const charge_request& asked);
// So is a refund of another amount.
[[nodiscard]] provider_reading read_refund(unsigned status, std::string_view body, const domain::money& asked);
[[nodiscard]] provider_reading read_followed_refund(unsigned status, std::string_view body, const domain::money& asked);

}  // namespace ticketd::payment
