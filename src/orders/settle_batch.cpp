#include "ticketd/orders/settle_batch.hpp"

#include "ticketd/domain/rehearsal.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace ticketd::orders {
namespace {

using domain::order_source;
using persistence::lock_wait;

using decider = std::function<domain::allocation(domain::settlement_context)>;

struct transaction {
  persistence::settlement_store& store;
  std::span<const domain::accepted_order> orders;
  order_source from;
  const settlement_rules& rules;
  decider decide;
  bool is_rehearsal = false;
};

awaitable<result<domain::allocation>> attempt(const transaction& what, lock_wait locks, deadline until) {
  auto reading = co_await what.store.begin(what.orders, locks, until);
  if (!reading) co_return reading.error();
  domain::allocation allocation = what.decide(domain::context_of(std::move(*reading), what.orders, what.from));
  const bool is_to_wait = what.from == order_source::queue && !allocation.deferred.empty();
  const bool waits_no_more =
      what.from == order_source::waiting_table && allocation.deferred.size() < what.orders.size();
  result<void> ended;
  if (allocation.decisions.empty() && !is_to_wait && !waits_no_more)
    ended = co_await what.store.abandon(until);
  else if (what.is_rehearsal)
    ended =
        co_await what.store.rehearse(what.orders, allocation, what.from, domain::begin_payment(what.rules.hold), until);
  else
    ended =
        co_await what.store.commit(what.orders, allocation, what.from, domain::begin_payment(what.rules.hold), until);
  if (!ended) co_return ended.error();
  co_return allocation;
}

// A lost race is run again; a lock that somebody keeps is passed over, where its orders may wait.
awaitable<result<domain::allocation>> run(transaction what, deadline until) {
  lock_wait locks = what.rules.may_defer ? lock_wait::brief : lock_wait::until_deadline;
  if (what.from == order_source::waiting_table) locks = lock_wait::none;
  for (;;) {
    auto settled = co_await attempt(what, locks, until);
    const auto error = settled ? error_code() : settled.error();
    if (error == persistence::database_errc::lock_timeout && locks == lock_wait::brief) {
      locks = lock_wait::none;
      continue;
    }
    const bool has_lost_a_race = error == persistence::database_errc::conflict;
    if (!has_lost_a_race || std::chrono::steady_clock::now() >= until) co_return settled;
  }
}

decider allocator(domain::ticket_printer& printer, std::span<const domain::accepted_order> orders,
                  const settlement_rules& rules) {
  return [&printer, orders, &rules](domain::settlement_context context) {
    auto allocation = domain::allocate(std::move(context), orders, rules.pay);
    domain::print_tickets(allocation, orders, printer);
    return allocation;
  };
}

}  // namespace

awaitable<result<domain::allocation>> settle_batch(persistence::settlement_store& store,
                                                   domain::ticket_printer& printer,
                                                   std::span<const domain::accepted_order> orders, order_source from,
                                                   const settlement_rules& rules, deadline until) {
  transaction what{store, orders, from, rules, allocator(printer, orders, rules)};
  auto settled = co_await run(std::move(what), until);
  co_return settled;
}

awaitable<result<domain::allocation>> rehearse_with_other_buyer_text(persistence::settlement_store& store,
                                                                     domain::ticket_printer& printer,
                                                                     std::span<const domain::accepted_order> orders,
                                                                     order_source from, const settlement_rules& rules,
                                                                     deadline until) {
  std::vector<domain::accepted_order> reworded;
  for (const auto& order : orders) reworded.push_back(domain::with_longest_buyer_text(order));
  transaction what{store, reworded, from, rules, allocator(printer, reworded, rules), true};
  auto rehearsed = co_await run(std::move(what), until);
  co_return rehearsed;
}

awaitable<result<domain::allocation>> rehearse_elsewhere(persistence::settlement_store& store,
                                                         domain::ticket_printer& printer,
                                                         std::span<const domain::accepted_order> orders,
                                                         const domain::category_stock& other,
                                                         const settlement_rules& rules, deadline until) {
  std::vector<domain::accepted_order> moved;
  for (const auto& order : orders) moved.push_back(domain::as_if_for(other, order));
  transaction what{store, moved, order_source::queue, rules, allocator(printer, moved, rules), true};
  auto rehearsed = co_await run(std::move(what), until);
  co_return rehearsed;
}

awaitable<result<domain::allocation>> defer_orders(persistence::settlement_store& store,
                                                   std::span<const domain::accepted_order> orders,
                                                   const settlement_rules& rules, deadline until) {
  const auto decide = [orders, &rules](domain::settlement_context context) {
    for (const auto& order : orders) context.deferred_events.insert(order.event_id);
    return domain::allocate(std::move(context), orders, rules.pay);
  };
  transaction what{store, orders, order_source::queue, rules, decide};
  auto deferred = co_await run(std::move(what), until);
  co_return deferred;
}

awaitable<result<domain::allocation>> reject_order(persistence::settlement_store& store,
                                                   const domain::accepted_order& order, order_source from,
                                                   const settlement_rules& rules, deadline until) {
  // It takes no tickets, so it waits for nobody who holds the event.
  const auto decide = [&order](const domain::settlement_context& context) {
    domain::allocation rejection;
    if (!context.known_orders.contains(order.id)) rejection.decisions = {domain::decide_not_available(order, 0)};
    return rejection;
  };
  transaction what{store, {&order, 1}, from, rules, decide};
  auto rejected = co_await run(std::move(what), until);
  co_return rejected;
}

}  // namespace ticketd::orders
