#include "ticketd/orders/settle_batch.hpp"

namespace ticketd::orders {
namespace {

awaitable<result<domain::allocation>> try_to_settle(persistence::order_store& store, domain::ticket_printer& printer,
                                                    std::span<const domain::accepted_order> orders,
                                                    const settlement_rules& rules, deadline until) {
  auto context = co_await store.begin_settlement(orders, until);
  if (!context) co_return context.error();

  domain::allocation allocation = domain::allocate(std::move(*context), orders, rules.pay);
  domain::print_tickets(allocation, orders, printer);
  result<void> ended;
  if (allocation.decisions.empty())
    ended = co_await store.abandon_settlement(until);
  else
    ended = co_await store.commit_settlement(orders, allocation, rules.store, until);
  if (!ended) co_return ended.error();
  co_return allocation;
}

}  // namespace

awaitable<result<domain::allocation>> settle_batch(persistence::order_store& store, domain::ticket_printer& printer,
                                                   std::span<const domain::accepted_order> orders,
                                                   const settlement_rules& rules, deadline until) {
  for (;;) {
    auto settled = co_await try_to_settle(store, printer, orders, rules, until);
    const bool has_lost_a_race = !settled && settled.error() == persistence::database_errc::conflict;
    if (!has_lost_a_race || std::chrono::steady_clock::now() >= until) co_return settled;
  }
}

}  // namespace ticketd::orders
