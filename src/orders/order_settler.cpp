#include "ticketd/orders/order_settler.hpp"

#include "ticketd/domain/rehearsal.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ticketd::orders {

using domain::order_status;
using persistence::database_errc;
using persistence::with_session;

void settlement_listener::hear(const settlement_report& report) const {
  for (const auto& event_id : report.changed_events) changes.stock_changed(event_id);
  if (!report.changed_orders.empty()) changes.orders_changed(report.changed_orders);
  if (report.payments_due > 0) payments_due(report.payments_due);
}

awaitable<settlement_end> order_settler::settle(std::span<const domain::accepted_order> orders,
                                                settlement_report& report) {
  constexpr int proofs_needed = 2;
  int proofs = 0;
  settlement_end end;
  while (end.settled < orders.size() && !end.failure) {
    const auto rest = orders.subspan(end.settled);
    const auto batch = rest.first(size_.of(rest));
    end.tried = batch.size();
    const auto allocation = co_await attempt(batch);
    if (allocation) {
      proofs = 0;
      record(batch, *allocation, report);
      end.settled += batch.size();
      continue;
    }
    end.failure = allocation.error();
    const bool is_buyer_text_at_fault = co_await would_settle_with_other_buyer_text(batch, allocation.error());
    if (!is_buyer_text_at_fault) co_return end;
    // Of one alone it is known, if it is so again: it may have been the moment.
    end.failure = {};
    if (batch.size() == 1 && ++proofs < proofs_needed) continue;
    proofs = 0;
    const auto part = co_await settle_faulty(batch, allocation.error(), report);
    end.settled += part.settled;
    end.failure = part.failure;
  }
  co_return end;
}

// The buyer's text of one of them is at fault: it is found by halving, and rejected.
awaitable<settlement_end> order_settler::settle_faulty(std::span<const domain::accepted_order> orders,
                                                       error_code failure, settlement_report& report) {
  if (orders.size() > 1) {
    auto half = co_await settle(orders.first(orders.size() / 2), report);
    co_return half;
  }
  settlement_end end;
  end.failure = co_await reject(orders.front(), failure.message(), report);
  end.settled = end.failure ? 0 : 1;
  co_return end;
}

awaitable<result<domain::allocation>> order_settler::attempt(std::span<const domain::accepted_order> orders) {
  const deadline until = deadline_in(settings_.transaction);
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  const auto began = std::chrono::steady_clock::now();
  auto allocation = co_await settle_batch((*session)->settlement(), *printer_, orders, from_, settings_.rules, until);
  const auto took = std::chrono::steady_clock::now() - began;
  metrics_->settle_seconds.Observe(std::chrono::duration<double>(took).count());
  metrics_->settle_batch_orders.Observe(static_cast<double>(orders.size()));
  // Of what was written: to pass over orders of an event that somebody holds proves nothing.
  if (allocation)
    size_.fitted(allocation->decisions.size(), took, settings_.transaction);
  else if (allocation.error() == database_errc::statement_timeout)
    size_.ran_out_of_time(orders.size());
  co_return allocation;
}

// Nothing that the domain has let in is an order's fault but what its buyer wrote: all else is the same for everybody,
// and a schema that refuses it has changed.
awaitable<bool> order_settler::would_settle_with_other_buyer_text(std::span<const domain::accepted_order> orders,
                                                                  error_code failure) {
  if (!persistence::may_be_the_values(failure)) co_return false;
  const deadline until = deadline_in(settings_.transaction);
  const auto rehearsed = co_await with_session(*database_, until, [&](persistence::session& on) {
    return rehearse_with_other_buyer_text(on.settlement(), *printer_, orders, from_, settings_.rules, until);
  });
  co_return rehearsed.has_value();
}

awaitable<error_code> order_settler::reject(domain::accepted_order order, std::string why, settlement_report& report) {
  observability::log_error("order.undecidable", {{"order", order.id.to_string()}, {"reason", why}});
  for (;;) {
    const auto rejection = co_await attempt_rejection(order);
    if (rejection) {
      record({&order, 1}, *rejection, report);
      co_return error_code();
    }
    if (order.buyer.name == domain::unknown_buyer || !persistence::may_be_the_values(rejection.error()))
      co_return rejection.error();
    order = domain::without_buyer_text(std::move(order));
  }
}

awaitable<result<domain::allocation>> order_settler::attempt_rejection(const domain::accepted_order& order) {
  const deadline until = deadline_in(settings_.transaction);
  auto rejection = co_await with_session(*database_, until, [&](persistence::session& on) {
    return reject_order(on.settlement(), order, from_, settings_.rules, until);
  });
  co_return rejection;
}

awaitable<bool> order_settler::would_settle_elsewhere(std::span<const domain::accepted_order> orders) {
  constexpr std::size_t sample_max = 100;
  const auto sample = orders.first(std::min(orders.size(), sample_max));
  const auto& first = sample.front();
  const deadline until = deadline_in(settings_.transaction);
  const auto candidates = co_await with_session(*database_, until, [&](persistence::session& on) {
    return on.settlement().categories_elsewhere(first.event_id, until);
  });
  if (!candidates) co_return false;
  const auto* other = domain::choose_category(*candidates, first.accepted_at);
  if (other == nullptr) co_return false;
  const auto took = co_await rehearse(sample, *other, until);
  co_return took && *took* orders.size() / sample.size() < settings_.transaction / 2;
}

// How long it took, where they were settled.
awaitable<std::optional<std::chrono::nanoseconds>> order_settler::rehearse(
    std::span<const domain::accepted_order> orders, const domain::category_stock& other, deadline until) {
  auto session = co_await database_->acquire(until);
  if (!session) co_return std::nullopt;
  const auto began = std::chrono::steady_clock::now();
  const auto rehearsed =
      co_await rehearse_elsewhere((*session)->settlement(), *printer_, orders, other, settings_.rules, until);
  const auto took = std::chrono::steady_clock::now() - began;
  if (!rehearsed || rehearsed->decisions.empty()) co_return std::nullopt;
  co_return took;
}

awaitable<error_code> order_settler::defer(std::span<const domain::accepted_order> orders, settlement_report& report) {
  const deadline until = deadline_in(settings_.transaction);
  const auto deferral = co_await with_session(*database_, until, [&](persistence::session& on) {
    return defer_orders(on.settlement(), orders, settings_.rules, until);
  });
  if (!deferral) co_return deferral.error();
  record(orders, *deferral, report);
  co_return error_code();
}

void order_settler::record(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                           settlement_report& report) {
  record_decisions(orders, allocation.decisions, report);
  for (const auto index : allocation.collisions) {
    const auto& order = orders[index];
    observability::log_error("order.id_taken", {{"order", order.id.to_string()}, {"event", order.event_id}});
    report.dead_letters.push_back(messaging::make_dead_letter(order, "the id is another buyer's order"));
  }
  for (const auto index : allocation.deferred) report.changed_events.insert(orders[index].event_id);
  report.decided += allocation.decisions.size();
  report.deferred += allocation.deferred.size();
  const auto decided = allocation.decisions.size() + allocation.collisions.size() + allocation.deferred.size();
  metrics_->orders_repeated.Increment(static_cast<double>(orders.size() - decided));
}

void order_settler::record_decisions(std::span<const domain::accepted_order> orders,
                                     std::span<const domain::decision> decisions, settlement_report& report) {
  std::map<std::pair<order_status, domain::order_reason>, std::size_t> outcomes;
  for (const auto& decision : decisions) {
    const auto& order = orders[decision.order];
    ++outcomes[{decision.status, decision.reason}];
    report.changed_orders.push_back(order.id);
    if (!order.traceparent.empty())
      observability::log_order("order.settled", order.id.to_string(), order.traceparent,
                               {{"status", to_string(decision.status)}, {"reason", to_string(decision.reason)}});
    if (holds_tickets(decision.status)) report.changed_events.insert(order.event_id);
    if (decision.has_to_be_paid()) ++report.payments_due;
  }
  for (const auto& [outcome, count] : outcomes)
    metrics_->record_order(to_string(outcome.first), to_string(outcome.second), count);
}

}  // namespace ticketd::orders
