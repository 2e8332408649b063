// Orders in PostgreSQL. The store reads under lock, writes what it is told and commits; what becomes of an order is
// decided between the two (domain/allocation.hpp).
//
// Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/locks.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

// Where orders come from: fresh out of the queue, or out of the table of those that wait for their event.
enum class order_source { queue, waiting_table };

struct category_key {
  std::string event_id;
  std::string category_id;
};

class order_store {
 public:
  virtual ~order_store() = default;

  // Opens a transaction, locks the events that the orders name (the whole event, as max_per_buyer counts across its
  // categories; in one order everywhere, so that nobody deadlocks), and reads what allocate() needs.
  // Events that have orders in the waiting table are deferred, unless the orders come from there. Fails with `unusable`
  // where the database is not whole (a restore is under way): what is missing in it would be decided as gone.
  [[nodiscard]] virtual awaitable<result<domain::settlement_context>> begin_settlement(
      std::span<const domain::accepted_order> orders, order_source from, lock_wait locks, deadline until) = 0;

  // Writes the decisions: orders, stock, and a payment (as it is given) for each reserved one; puts the deferred into
  // the waiting table, or takes the decided out of it; and commits. Fails with `conflict` if another settler got hold
  // of one of the ids meanwhile: begin again.
  [[nodiscard]] virtual awaitable<result<void>> commit_settlement(std::span<const domain::accepted_order> orders,
                                                                  const domain::allocation& allocation,
                                                                  order_source from, const domain::new_payment& payment,
                                                                  deadline until) = 0;

  // Writes the same, and rolls it back: whether the database would take it.
  [[nodiscard]] virtual awaitable<result<void>> rehearse_settlement(std::span<const domain::accepted_order> orders,
                                                                    const domain::allocation& allocation,
                                                                    order_source from,
                                                                    const domain::new_payment& payment,
                                                                    deadline until) = 0;

  // Ends a settlement that is not to be committed.
  [[nodiscard]] virtual awaitable<result<void>> abandon_settlement(deadline until) = 0;

  // The events that have orders in the waiting table, and an event's first `most` of them, in their order.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> waiting_events(deadline until) = 0;
  [[nodiscard]] virtual awaitable<result<std::vector<domain::accepted_order>>> waiting_orders(std::string_view event_id,
                                                                                              std::size_t most,
                                                                                              deadline until) = 0;

  // A category of any event but this one that has no orders waiting; of events on sale with tickets left, where there
  // are any.
  [[nodiscard]] virtual awaitable<result<std::optional<category_key>>> another_category(std::string_view event_id,
                                                                                        deadline until) = 0;

  // The orders among these ids that have been settled, and those that wait for their event (`queued`), in no particular
  // order.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                                                deadline until) = 0;
};

}  // namespace ticketd::persistence
