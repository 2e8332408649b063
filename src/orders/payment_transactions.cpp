#include "ticketd/orders/payment_transactions.hpp"

#include "ticketd/persistence/database.hpp"

#include <set>
#include <utility>

namespace ticketd::orders {
namespace {

using domain::payment_decision;
using domain::payment_outcome;

awaitable<result<recorded_outcomes>> try_to_record(persistence::payment_store& store, domain::ticket_printer& printer,
                                                   std::span<const payment_outcome> outcomes,
                                                   persistence::lock_wait locks, deadline until) {
  std::vector<domain::order_id> ids;
  for (const auto& outcome : outcomes) ids.push_back(outcome.order);
  auto reading = co_await store.begin_recording(ids, locks, until);
  if (!reading) co_return reading.error();
  auto context = domain::context_of(std::move(*reading));
  recorded_outcomes recorded;
  for (const auto& order : context.passed_over) recorded.passed_over.push_back(order.id);
  recorded.decisions = domain::settle_payments(std::move(context), outcomes, printer);
  const auto committed = co_await store.commit(recorded.decisions, until);
  if (!committed) co_return committed.error();
  co_return recorded;
}

}  // namespace

awaitable<result<recorded_outcomes>> record_outcomes(persistence::payment_store& store, domain::ticket_printer& printer,
                                                     std::span<const payment_outcome> outcomes,
                                                     persistence::lock_wait locks, deadline until) {
  auto recorded = co_await try_to_record(store, printer, outcomes, locks, until);
  const bool is_held_up = !recorded && recorded.error() == persistence::database_errc::lock_timeout;
  if (!is_held_up || locks != persistence::lock_wait::brief) co_return recorded;
  auto passed_over = co_await try_to_record(store, printer, outcomes, persistence::lock_wait::none, until);
  co_return passed_over;
}

awaitable<result<std::vector<payment_decision>>> expire_old_holds(persistence::payment_store& store,
                                                                  std::span<const std::string> events, std::size_t most,
                                                                  deadline until) {
  auto context = co_await store.begin_expiry(events, most, until);
  if (!context) co_return context.error();
  auto decisions = domain::expire_holds(std::move(*context));
  const auto committed = co_await store.commit(decisions, until);
  if (!committed) co_return committed.error();
  co_return decisions;
}

void announce(std::span<const payment_decision> decisions, observability::metrics& metrics,
              const commit_listener& told) {
  std::set<std::string> events;
  std::vector<domain::order_id> orders;
  for (const auto& decision : decisions) {
    orders.push_back(decision.order.id);  // without a new status, too: one that has expired may have come to its end
    if (!decision.has_new_status) continue;
    metrics.record_order(to_string(decision.order.status), to_string(decision.reason));
    events.insert(decision.order.event_id);
  }
  for (const auto& event_id : events) told.stock_changed(event_id);
  if (!orders.empty()) told.orders_changed(orders);
}

}  // namespace ticketd::orders
