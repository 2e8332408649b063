// Orders and their tickets and invoices in PostgreSQL.
//
// A store is a view on a session: as short-lived as the piece of work it is made for, on the session's thread.
// Failures are database_errc.
#pragma once

#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace ticketd::persistence {

struct settlement_settings {
  std::chrono::seconds hold{600};  // how long reserved tickets wait for their payment
  // How long after the reservation the payment stage may first pick the order up; more than zero where the request
  // that reserves also charges.
  std::chrono::seconds charge_after{0};
};

class order_store {
 public:
  // `mint` writes the ticket codes. Both outlive the store.
  order_store(session& on, domain::order_id_mint& mint) noexcept : session_(&on), mint_(&mint) {}

  // Opens a transaction, locks the events that the orders name (the whole event, as max_per_buyer counts across its
  // categories; in one order everywhere, so that nobody deadlocks), and reads what allocate() needs.
  [[nodiscard]] awaitable<result<domain::settlement_context>> begin_settlement(
      std::span<const domain::accepted_order> orders, deadline until);

  // Writes the decisions: orders, stock, tickets and invoices of the confirmed, payments due of the reserved; and
  // commits. Fails with `conflict` if another settler got hold of one of the ids meanwhile: begin again.
  [[nodiscard]] awaitable<result<void>> commit_settlement(std::span<const domain::accepted_order> orders,
                                                          const domain::allocation& allocation,
                                                          const settlement_settings& settings, deadline until);

  // Ends a settlement that is not to be committed.
  [[nodiscard]] awaitable<result<void>> abandon_settlement(deadline until);

  // The orders among these ids that have been settled, in no particular order.
  [[nodiscard]] awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                                        deadline until);

 private:
  session* session_;
  domain::order_id_mint* mint_;
};

}  // namespace ticketd::persistence
