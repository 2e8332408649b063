// Settlement in PostgreSQL, one transaction at a time. The store reads under lock, writes what it is told and commits;
// what becomes of an order is decided between the two (domain/settlement_reading.hpp, domain/allocation.hpp).
//
// Owned by its session. Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/rehearsal.hpp"
#include "ticketd/domain/settlement_reading.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/locks.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

class settlement_store {
 public:
  virtual ~settlement_store() = default;

  // Opens a transaction, locks the events that the orders name (the whole event, as max_per_buyer counts across its
  // categories; in one order everywhere, so that nobody deadlocks), and reads what context_of() needs. Fails with
  // `unusable` where the database is not whole (a restore is under way): what is missing in it would be decided as
  // gone.
  [[nodiscard]] virtual awaitable<result<domain::settlement_reading>> begin(
      std::span<const domain::accepted_order> orders, lock_wait locks, deadline until) = 0;

  // Writes the decisions: orders, stock, and a payment (as it is given) for each reserved one; puts the deferred into
  // the waiting table, or takes the decided out of it; and commits. Fails with `conflict` if another settler got hold
  // of one of the ids meanwhile: begin again.
  [[nodiscard]] virtual awaitable<result<void>> commit(std::span<const domain::accepted_order> orders,
                                                       const domain::allocation& allocation, domain::order_source from,
                                                       const domain::new_payment& payment, deadline until) = 0;

  // Writes the same, and rolls it back: whether the database would take it.
  [[nodiscard]] virtual awaitable<result<void>> rehearse(std::span<const domain::accepted_order> orders,
                                                         const domain::allocation& allocation,
                                                         domain::order_source from, const domain::new_payment& payment,
                                                         deadline until) = 0;

  // Ends a settlement that is not to be committed.
  [[nodiscard]] virtual awaitable<result<void>> abandon(deadline until) = 0;

  // Categories of other events than this one, some at random where there are many, for choose_category(). No
  // transaction is open.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::rehearsal_candidate>>> categories_elsewhere(
      std::string_view event_id, deadline until) = 0;
};

}  // namespace ticketd::persistence
