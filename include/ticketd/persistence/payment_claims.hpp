// What is to be asked of the provider: payments that are due, taken on lease.
//
// A payment is written with its reservation, before anybody talks to the provider. Whoever claims it has it on lease;
// when the lease runs out (a crash), somebody else asks the provider again under the same idempotency key, which is
// harmless. Each claim is one statement, and a transaction of its own.
//
// Thread: the session's. Failures are database_errc.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ticketd::persistence {

struct claim_terms {
  std::chrono::seconds lease{};  // for how long nobody else may claim them
  std::chrono::seconds hold{};   // for how long the order is held from its first claim on
};

// Charges that wait for their first claim.
struct waiting_charges {
  std::int64_t count = 0;
  std::int64_t soon_over = 0;  // of these: their wait ends soon, and so do their orders, unless they are claimed before
};

class payment_claims {
 public:
  virtual ~payment_claims() = default;

  // Takes payments that are due on lease: those whose hold is running before all others, of each the oldest first.
  // Payments on somebody else's lease, and these, are passed over without waiting. The first claim of a charge starts
  // the hold of its order, whether or not the provider will be reached.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::due_payment>>> claim(
      const claim_terms& terms, std::size_t most, const std::vector<domain::order_id>& passed_over, deadline until) = 0;

  // Takes refunds that are due, made or under way, and no charge.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::due_payment>>> claim_refunds(const claim_terms& terms,
                                                                                          std::size_t most,
                                                                                          deadline until) = 0;

  // Takes one charge that is due, whichever.
  [[nodiscard]] virtual awaitable<result<std::optional<domain::due_payment>>> claim_any_charge(
      const claim_terms& terms, const std::vector<domain::order_id>& passed_over, deadline until) = 0;

  // Takes the charge of this order, also before it is due where it has had no more than these attempts, which the
  // caller knows to be over. None where it is over, or where somebody else has it on lease: of two attempts at a time
  // nobody could say in the end which of them did nothing.
  [[nodiscard]] virtual awaitable<result<std::optional<domain::due_payment>>> claim_charge_of(
      const domain::order_id& order, int attempts_over, const claim_terms& terms, deadline until) = 0;

  [[nodiscard]] virtual awaitable<result<waiting_charges>> count_waiting(std::chrono::milliseconds soon,
                                                                         deadline until) = 0;
};

}  // namespace ticketd::persistence
