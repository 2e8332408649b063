// The transactions of the payment stage, as settle_batch is settlement's: read under lock, decide, write, commit.
//
// Thread: the session's that the store is of. They fail with database_errc.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/persistence/locks.hpp"
#include "ticketd/persistence/payment_store.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ticketd::orders {

struct recorded_outcomes {
  std::vector<domain::payment_decision> decisions;
  std::vector<domain::order_id> passed_over;  // that somebody else holds: nothing is written of them
};

// Writes outcomes. With lock_wait::brief, what somebody keeps for longer is passed over: the leases of it run out, and
// the provider is asked again under the same keys. A buyer who waits for the answer waits for the lock, too.
[[nodiscard]] awaitable<result<recorded_outcomes>> record_outcomes(persistence::payment_store& store,
                                                                   domain::ticket_printer& printer,
                                                                   std::span<const domain::payment_outcome> outcomes,
                                                                   persistence::lock_wait locks, deadline until);

// Ends up to `most` of these events' holds whose time is over.
[[nodiscard]] awaitable<result<std::vector<domain::payment_decision>>> expire_old_holds(
    persistence::payment_store& store, std::span<const std::string> events, std::size_t most, deadline until);

// What became of orders through payment: into the metrics, and to whom it concerns.
void announce(std::span<const domain::payment_decision> decisions, observability::metrics& metrics,
              const commit_listener& told);

}  // namespace ticketd::orders
