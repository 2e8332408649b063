#include "support/payments.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/locks.hpp"
#include "ticketd/persistence/payment_claims.hpp"

#include <chrono>
#include <utility>

namespace ticketd::test {

using domain::payment_outcome;
using domain::payment_result;

namespace {

constexpr persistence::claim_terms terms{.lease = std::chrono::seconds(60), .hold = std::chrono::seconds(120)};

}  // namespace

payment_outcome charged(const domain::order_id& order, payment_result result) {
  payment_outcome outcome;
  outcome.order = order;
  outcome.result = result;
  if (result == payment_result::succeeded) outcome.intent_id = "pi_" + order.to_string();
  return outcome;
}

payment_outcome not_sent(const domain::order_id& order, int attempt) {
  payment_outcome outcome = charged(order, payment_result::not_done);
  outcome.attempt = attempt;
  return outcome;
}

payment_outcome refunded(const domain::order_id& order, payment_result result) {
  payment_outcome outcome;
  outcome.order = order;
  outcome.task = domain::payment_task::refund;
  outcome.result = result;
  return outcome;
}

std::vector<order_change> changes_of(const std::vector<domain::payment_decision>& decisions) {
  std::vector<order_change> changes;
  for (const auto& decision : decisions)
    if (decision.has_new_status) changes.push_back({decision.order.id, decision.order.status, decision.order.event_id});
  return changes;
}

std::vector<order_change> record(stores& on, const std::vector<payment_outcome>& outcomes) {
  std::vector<order_change> changes;
  on.with_session([&](persistence::session& session) -> awaitable<> {
    const auto recorded = co_await orders::record_outcomes(session.payments(), on.printer, outcomes,
                                                           persistence::lock_wait::brief, soon());
    REQUIRE(recorded.has_value());
    changes = changes_of(recorded->decisions);
  });
  return changes;
}

std::vector<order_change> expire(stores& on, std::size_t most) {
  std::vector<order_change> changes;
  on.with_session([&](persistence::session& session) -> awaitable<> {
    const std::vector<std::string> but_these;
    const auto events = co_await session.payments().events_with_old_holds(1000, but_these, soon());
    REQUIRE(events.has_value());
    const auto expired = co_await orders::expire_old_holds(session.payments(), *events, most, soon());
    REQUIRE(expired.has_value());
    changes = changes_of(*expired);
  });
  return changes;
}

std::vector<domain::due_payment> claim(stores& on, std::size_t most, const std::vector<domain::order_id>& passed_over) {
  std::vector<domain::due_payment> due;
  on.with_session([&](persistence::session& session) -> awaitable<> {
    auto claimed = co_await session.claims().claim(terms, most, passed_over, soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
    const auto refunds = co_await session.claims().claim_refunds(terms, most, soon());
    REQUIRE(refunds.has_value());
    due.insert(due.end(), refunds->begin(), refunds->end());
  });
  return due;
}

std::optional<domain::due_payment> claim_charge_of(stores& on, const domain::order_id& order, int attempts_over) {
  std::optional<domain::due_payment> due;
  on.with_session([&](persistence::session& session) -> awaitable<> {
    auto claimed = co_await session.claims().claim_charge_of(order, attempts_over, terms, soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
  });
  return due;
}

std::optional<domain::due_payment> claim_any(stores& on, const std::vector<domain::order_id>& passed_over) {
  std::optional<domain::due_payment> due;
  on.with_session([&](persistence::session& session) -> awaitable<> {
    auto claimed = co_await session.claims().claim_any_charge(terms, passed_over, soon());
    REQUIRE(claimed.has_value());
    due = std::move(*claimed);
  });
  return due;
}

domain::order_id reserve(stores& on, int quantity) {
  const auto order = on.order("standing", quantity);
  on.settle({order}, domain::payment_mode::charge);
  return order.id;
}

std::string stock(stores& on) {
  return on.sql("SELECT held || ' held ' || sold || ' sold' FROM categories WHERE id = 'standing'");
}

std::string payment_of(stores& on, const domain::order_id& id) {
  return on.sql(
      "SELECT coalesce((SELECT status::text FROM payments WHERE order_id = o.id), "
      "coalesce('charged ' || payment_intent, 'over')) FROM orders o WHERE id = '" +
      id.to_string() + "'");
}

void let_holds_end(stores& on) {
  on.sql("UPDATE payments SET expires_at = now() - interval '1 s' WHERE expires_at IS NOT NULL");
}

void audit(stores& on) {
  REQUIRE(on.sql("SELECT count(*) FROM categories c WHERE "
                 "sold <> (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.event_id = c.event_id "
                 "         AND o.category_id = c.id AND o.status = 'confirmed') OR "
                 "held <> (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.event_id = c.event_id "
                 "         AND o.category_id = c.id AND o.status = 'reserved')") == "0");
  REQUIRE(on.sql("SELECT (SELECT count(*) FROM tickets) = "
                 "(SELECT coalesce(sum(quantity), 0) FROM orders WHERE status = 'confirmed')") == "t");
  REQUIRE(on.sql("SELECT count(*) = coalesce(max(number), 0) AND count(*) = "
                 "(SELECT count(*) FROM orders WHERE status = 'confirmed') FROM invoices") == "t");
}

}  // namespace ticketd::test
