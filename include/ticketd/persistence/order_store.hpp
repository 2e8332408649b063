// Orders in PostgreSQL. The store reads under lock, writes what it is told and commits; what becomes of an order is decided
// between the two (domain/allocation.hpp).
//
// Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/locks.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

struct settlement_settings {
  // How long reserved tickets wait for their payment, from the claim of the first charge on. Longer: tickets that nobody pays
  // for are kept from others.
  std::chrono::seconds hold{600};
  // How long they wait for that claim; then the order expires, and is never charged. Longer: a payment stage that is far
  // behind keeps more tickets waiting.
  std::chrono::seconds payment_wait_max{900};
  // Where the request that reserves also charges: for how long the payment stage keeps off the order. That request's is then
  // the first attempt, so that a hold that expires meanwhile does not take it for never charged.
  std::optional<std::chrono::seconds> charged_here_for{};
};

// Where orders come from: fresh out of the queue, or out of the table of those that wait for their event.
enum class order_source { queue, waiting_table };

class order_store {
 public:
  virtual ~order_store() = default;

  // Opens a transaction, locks the events that the orders name (the whole event, as max_per_buyer counts across its
  // categories; in one order everywhere, so that nobody deadlocks), and reads what allocate() needs.
  // Events that have orders in the waiting table are deferred, unless the orders come from there. Fails with `unusable` where the
  // database is not whole (a restore is under way): what is missing in it would be decided as gone.
  [[nodiscard]] virtual awaitable<result<domain::settlement_context>> begin_settlement(
      std::span<const domain::accepted_order> orders, order_source from, lock_wait locks, deadline until) = 0;

  // Writes the decisions: orders, stock, and payments due of the reserved; puts the deferred into the waiting table, or takes
  // the decided out of it; and commits. Fails with `conflict` if another settler got hold of one of the ids meanwhile: begin
  // again.
  [[nodiscard]] virtual awaitable<result<void>> commit_settlement(std::span<const domain::accepted_order> orders,
                                                                  const domain::allocation& allocation,
                                                                  order_source from,
                                                                  const settlement_settings& settings,
                                                                  deadline until) = 0;

  // Writes the same, and rolls it back: whether the database would take it.
  [[nodiscard]] virtual awaitable<result<void>> rehearse_settlement(std::span<const domain::accepted_order> orders,
                                                                    const domain::allocation& allocation,
                                                                    order_source from,
                                                                    const settlement_settings& settings,
                                                                    deadline until) = 0;

  // Ends a settlement that is not to be committed.
  [[nodiscard]] virtual awaitable<result<void>> abandon_settlement(deadline until) = 0;

  // The events that have orders in the waiting table, and an event's first `most` of them, in their order.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> waiting_events(deadline until) = 0;
  [[nodiscard]] virtual awaitable<result<std::vector<domain::accepted_order>>> waiting_orders(std::string_view event_id,
                                                                                              std::size_t most,
                                                                                              deadline until) = 0;

  // The orders among these ids that have been settled, and those that wait for their event (`queued`), in no particular order.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                                                deadline until) = 0;
};

}  // namespace ticketd::persistence
