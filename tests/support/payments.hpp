// Payments of a test of the stores: what the provider may say of one, and what the payment stage does with it.
#pragma once

#include "support/stores.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/payment_settlement.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ticketd::test {

// What the provider says.
domain::payment_outcome charged(const domain::order_id& order, domain::payment_result result);
domain::payment_outcome not_sent(const domain::order_id& order, int attempt);
domain::payment_outcome refunded(const domain::order_id& order, domain::payment_result result);

// An order that has another status now.
struct order_change {
  domain::order_id order;
  domain::order_status status;
  std::string event_id;
};
std::vector<order_change> changes_of(const std::vector<domain::payment_decision>& decisions);

// What the payment stage does, each in one transaction.
std::vector<order_change> record(stores& on, const std::vector<domain::payment_outcome>& outcomes);
std::vector<order_change> expire(stores& on, std::size_t most = 100);

// Charges, and then refunds.
std::vector<domain::due_payment> claim(stores& on, std::size_t most,
                                       const std::vector<domain::order_id>& passed_over = {});
std::optional<domain::due_payment> claim_charge_of(stores& on, const domain::order_id& order, int attempts_over = 0);
std::optional<domain::due_payment> claim_any(stores& on, const std::vector<domain::order_id>& passed_over);

// One order of so many tickets of the gig, reserved.
domain::order_id reserve(stores& on, int quantity);

// "2 held 0 sold"
std::string stock(stores& on);

// The status of a payment; or "over", or "charged pi_...", of one that is no more.
std::string payment_of(stores& on, const domain::order_id& id);

void let_holds_end(stores& on);

// What must hold after whatever happened.
void audit(stores& on);

}  // namespace ticketd::test
