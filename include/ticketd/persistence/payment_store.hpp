// What is to be charged, and what was: all of it in PostgreSQL, so that a crash at any point resumes. The store reads
// under lock, writes what it is told and commits; what an outcome means is decided between the two
// (domain/payment_settlement.hpp).
//
// A payment is written with its reservation, before anybody talks to the provider. Whoever claims it has it on lease;
// when the lease runs out (a crash), somebody else asks the provider again under the same idempotency key, which is
// harmless.
//
// Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/locks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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

class payment_store {
 public:
  virtual ~payment_store() = default;

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

  // Takes the charge of this order, whether or not it is due; none where it is over.
  [[nodiscard]] virtual awaitable<result<std::optional<domain::due_payment>>> claim_charge_of(
      const domain::order_id& order, const claim_terms& terms, deadline until) = 0;

  [[nodiscard]] virtual awaitable<result<waiting_charges>> count_waiting(std::chrono::milliseconds soon,
                                                                         deadline until) = 0;

  // Opens a transaction, locks the events of these orders, and reads what settle_payments() needs: of all of them, or
  // (where events that somebody else holds are passed over) of those whose events it got.
  [[nodiscard]] virtual awaitable<result<domain::payment_context>> begin_recording(
      std::span<const domain::order_id> orders, lock_wait locks, deadline until) = 0;

  // The events of the first orders whose hold is over, without these.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> events_with_old_holds(
      std::size_t most, const std::vector<std::string>& passed_over, deadline until) = 0;

  // Opens a transaction, locks these events, and up to `most` of their orders whose hold is over, and reads what
  // expire_holds() needs; what somebody else holds at the moment is passed over. Without such orders the transaction is
  // open all the same.
  [[nodiscard]] virtual awaitable<result<domain::payment_context>> begin_expiry(std::span<const std::string> events,
                                                                                std::size_t most, deadline until) = 0;

  // Ends either: writes the decisions, their stock, tickets and invoices, and commits.
  [[nodiscard]] virtual awaitable<result<void>> commit(std::span<const domain::payment_decision> decisions,
                                                       deadline until) = 0;
};

}  // namespace ticketd::persistence
