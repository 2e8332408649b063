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

awaitable<result<domain::allocation>> reject_order(persistence::order_store& store, const domain::accepted_order& order,
                                                   const settlement_rules& rules, deadline until) {
  const auto context = co_await store.begin_settlement({&order, 1}, until);
  if (!context) co_return context.error();
  domain::allocation rejection;
  if (!context->known_orders.contains(order.id)) rejection.decisions = {domain::decide_not_available(order, 0)};
  result<void> ended;
  if (rejection.decisions.empty())
    ended = co_await store.abandon_settlement(until);
  else
    ended = co_await store.commit_settlement({&order, 1}, rejection, rules.store, until);
  if (!ended) co_return ended.error();
  co_return rejection;
}

}  // namespace ticketd::orders
