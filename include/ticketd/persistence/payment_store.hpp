// What came of payments, and the ends of holds: written so that a crash at any point resumes. The store reads under
// lock, writes what it is told and commits; what an outcome means is decided between the two
// (domain/payment_settlement.hpp). What is to be asked of the provider is claimed elsewhere (payment_claims.hpp).
//
// Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/persistence/locks.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ticketd::persistence {

class payment_store {
 public:
  virtual ~payment_store() = default;

  // Opens a transaction, locks the events of these orders, and reads what context_of() needs; where what somebody else
  // holds is passed over, it says what it got.
  [[nodiscard]] virtual awaitable<result<domain::payment_reading>> begin_recording(
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
