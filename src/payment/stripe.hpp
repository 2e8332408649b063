// What is said to the provider and what its answers mean: the subset of Stripe's API that ticketd speaks, without I/O.
//
// An answer is taken for a final "no" only where the provider itself said so in its own form. Anything else (a proxy's
// page, an error of theirs, a key that is in use) leaves the outcome unknown: a charge given up that was made all the
// same is the one mistake that costs a buyer money.
#pragma once

#include "ticketd/payment/gateway.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ticketd::payment {

// The body of POST /v1/payment_intents, application/x-www-form-urlencoded.
[[nodiscard]] std::string write_charge(const charge_request& request, std::string_view payment_method);
// The body of POST /v1/refunds.
[[nodiscard]] std::string write_refund(std::string_view intent_id);

// Where an order's intent is looked for. The list is exact, but has the newest hundred of all orders, those made since.
// The search finds the one, however many there are, but not at once: it is a minute behind, or an hour on a bad day
// (Stripe, "Search": not for read-after-write).
[[nodiscard]] std::string target_of_list(const std::optional<domain::timestamp>& since);
[[nodiscard]] std::string target_of_search(const domain::order_id& order);

struct provider_reading {
  charge_answer answer;
  bool is_to_be_found = false;      // this was no answer to the order's charge: only looking for its intent will tell
  bool is_processing = false;       // the provider works on it: only asking for the intent itself will tell
  bool is_being_worked_on = false;  // by an earlier call of ours: what is seen of the charge now is not its end
  bool is_to_be_looked_at = false;  // the provider did not understand, or does not know us
};

// An intent of another order, or of another amount than was asked for, is not taken for the charge, nor for none.
[[nodiscard]] provider_reading read_charge(unsigned status, std::string_view body, const charge_request& asked);
// Of a list or a search: the order's own intent, `absent` where all of them were seen and none is, otherwise `unknown`.
[[nodiscard]] provider_reading read_intents(unsigned status, std::string_view body, const charge_request& asked);
// So is a refund of another amount.
[[nodiscard]] provider_reading read_refund(unsigned status, std::string_view body, const domain::money& asked);
[[nodiscard]] provider_reading read_followed_refund(unsigned status, std::string_view body, const domain::money& asked);

}  // namespace ticketd::payment
