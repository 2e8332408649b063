// Settlement: one batch of accepted orders, one transaction. The worker settles what the queue delivers; a synchronous
// purchase is a batch of one.
//
// Thread: the session's that the store is of, which outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/settlement_reading.hpp"
#include "ticketd/persistence/settlement_store.hpp"

#include <span>

namespace ticketd::orders {

struct settlement_rules {
  domain::payment_mode pay = domain::payment_mode::charge;
  domain::hold_terms hold{};
  // Whether orders of an event that somebody else holds may go to the waiting table. Where nobody settles from there
  // they wait for the lock.
  bool may_defer = false;
};

// Reads under lock, allocates, prints, writes, commits. A lost race with another settler is run again. What has to wait
// for its event is the allocation's `deferred`. Fails with database_errc; then nothing was written, or
// (connection_lost, statement_timeout) a repeat will find out.
[[nodiscard]] awaitable<result<domain::allocation>> settle_batch(persistence::settlement_store& store,
                                                                 domain::ticket_printer& printer,
                                                                 std::span<const domain::accepted_order> orders,
                                                                 domain::order_source from,
                                                                 const settlement_rules& rules, deadline until);

// Whether the same orders would be settled if their buyers had written something else, as long and as strange as is let
// in (domain::with_longest_buyer_text): all but the commit.
[[nodiscard]] awaitable<result<domain::allocation>> rehearse_with_other_buyer_text(
    persistence::settlement_store& store, domain::ticket_printer& printer,
    std::span<const domain::accepted_order> orders, domain::order_source from, const settlement_rules& rules,
    deadline until);

// Whether these orders would be settled if they were for a category of another event, at its price: all but the commit.
[[nodiscard]] awaitable<result<domain::allocation>> rehearse_elsewhere(persistence::settlement_store& store,
                                                                       domain::ticket_printer& printer,
                                                                       std::span<const domain::accepted_order> orders,
                                                                       const domain::category_stock& other,
                                                                       const settlement_rules& rules, deadline until);

// Puts orders that come from the queue into the waiting table, undecided; but for those that are known. Fails as
// settle_batch() does.
[[nodiscard]] awaitable<result<domain::allocation>> defer_orders(persistence::settlement_store& store,
                                                                 std::span<const domain::accepted_order> orders,
                                                                 const settlement_rules& rules, deadline until);

// Writes that the order is not available, for one that cannot be read whole, or that the database refuses for
// its buyer's text. Fails as above.
[[nodiscard]] awaitable<result<domain::allocation>> reject_order(persistence::settlement_store& store,
                                                                 const domain::accepted_order& order,
                                                                 domain::order_source from,
                                                                 const settlement_rules& rules, deadline until);

}  // namespace ticketd::orders
