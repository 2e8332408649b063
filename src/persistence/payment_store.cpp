#include "ticketd/persistence/payment_store.hpp"

#include "persistence/connection.hpp"
#include "persistence/payment_verdict.hpp"
#include "persistence/pipeline.hpp"
#include "persistence/stock_ledger.hpp"

#include <map>
#include <stdexcept>
#include <unordered_map>

namespace ticketd::persistence {
namespace {

using domain::order_id;
using domain::order_reason;
using domain::order_status;

// ARRAY(...) is evaluated once; as a plain IN the sub-select may be run again, and lease more than the limit.
constexpr query claim_payments{"claim_payments", R"(
  UPDATE payments SET due_at = now() + $2::bigint * interval '1 second', attempts = attempts + 1, updated_at = now()
  WHERE order_id = ANY (ARRAY(SELECT order_id FROM payments
                              WHERE status IN ('pending', 'refund_due') AND due_at <= now()
                              ORDER BY due_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED))
  RETURNING order_id, status, amount, currency, coalesce(intent_id, ''), coalesce(traceparent, ''), attempts)"};

constexpr query lock_events_of_orders{"lock_events_of_orders", R"(
  SELECT true FROM events WHERE id = ANY (ARRAY(SELECT event_id FROM orders WHERE id = ANY ($1::uuid[])))
  ORDER BY id FOR NO KEY UPDATE)"};

// With how many tickets more the buyer of an expired order may have: meanwhile there may have been another order.
constexpr query read_payments{"read_payments", R"(
  SELECT o.id, o.event_id, o.category_id, o.quantity, o.total_amount, o.total_currency, o.status, p.status,
         o.buyer_email, p.attempts, p.unsent_attempts,
         CASE o.status WHEN 'expired' THEN
           e.max_per_buyer - (SELECT coalesce(sum(b.quantity), 0) FROM orders b
                              WHERE b.event_id = o.event_id AND b.buyer_email = o.buyer_email
                                AND b.status IN ('reserved', 'confirmed'))::integer
         END
  FROM orders o JOIN payments p ON p.order_id = o.id JOIN events e ON e.id = o.event_id
  WHERE o.id = ANY ($1::uuid[]))"};

constexpr query read_remaining{"read_remaining", R"(
  SELECT event_id, id, capacity - sold - held FROM categories
  WHERE event_id = ANY (ARRAY(SELECT event_id FROM orders WHERE id = ANY ($1::uuid[]))))"};

constexpr query write_payment_outcomes{"write_payment_outcomes", R"(
  UPDATE payments p
  SET status = d.status::payment_status, intent_id = coalesce(d.intent_id, p.intent_id), unsent_attempts = d.unsent,
      due_at = coalesce(now() + d.due_in * interval '1 millisecond', p.due_at), updated_at = now()
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::integer[])
    AS d (order_id, status, intent_id, due_in, unsent)
  WHERE p.order_id = d.order_id)"};

constexpr query write_order_outcomes{"write_order_outcomes", R"(
  UPDATE orders o SET status = d.status::order_status, reason = d.reason, hold_expires_at = NULL, updated_at = now()
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS d (id, status, reason)
  WHERE o.id = d.id)"};

constexpr query lock_events_of_old_holds{"lock_events_of_old_holds", R"(
  SELECT id FROM events
  WHERE id = ANY (ARRAY(SELECT event_id FROM orders WHERE status = 'reserved' AND hold_expires_at <= now()
                        ORDER BY hold_expires_at LIMIT $1::bigint))
  ORDER BY id FOR NO KEY UPDATE)"};

// Looks again: while the lock was waited for, another worker may have expired them, or a charge may have come in.
constexpr query expire_old_holds{"expire_old_holds", R"(
  UPDATE orders SET status = 'expired', reason = 'hold_expired', hold_expires_at = NULL, updated_at = now()
  WHERE id = ANY (ARRAY(SELECT id FROM orders
                        WHERE status = 'reserved' AND hold_expires_at <= now() AND event_id = ANY ($2::text[])
                        ORDER BY hold_expires_at LIMIT $1::bigint))
  RETURNING id, event_id, category_id, quantity)"};

// Those that never reached the provider. The others are asked about until their outcome is known.
constexpr query cancel_payments{"cancel_payments", R"(
  UPDATE payments SET status = 'canceled', updated_at = now()
  WHERE order_id = ANY ($1::uuid[]) AND status = 'pending' AND attempts = unsent_attempts)"};

// An order, its payment, and what the outcomes so far make of them.
struct charged_order {
  order_id id;
  std::string event_id;
  std::string category_id;
  std::string buyer_email;
  int quantity = 0;
  domain::money total;
  order_status status = order_status::reserved;
  payment_status payment = payment_status::pending;
  int attempts = 0;
  int unsent_attempts = 0;  // the first so many
  std::optional<std::string> intent_id;
  std::optional<std::int64_t> due_in_milliseconds;
  bool has_new_status = false;
  bool has_new_payment = false;
};

class outcome_book {
 public:
  outcome_book(const rows& orders, const rows& remaining) {
    for (const row r : orders) {
      charged_order order;
      order.id = r.get<order_id>(0);
      order.event_id = r.get<std::string>(1);
      order.category_id = r.get<std::string>(2);
      order.quantity = r.get<std::int32_t>(3);
      order.total = {r.get<std::int64_t>(4), r.get<std::string>(5)};
      const auto status = domain::parse_order_status(r.get<std::string>(6));
      if (!status) throw std::logic_error("the schema knows an order status that the domain does not");
      order.status = *status;
      order.payment = parse_payment_status(r.get<std::string>(7));
      order.buyer_email = r.get<std::string>(8);
      order.attempts = r.get<std::int32_t>(9);
      order.unsent_attempts = r.get<std::int32_t>(10);
      if (const auto allowance = r.get<std::optional<std::int32_t>>(11))
        allowances_.emplace(std::pair(order.event_id, order.buyer_email), *allowance);
      orders_.emplace(order.id, std::move(order));
    }
    for (const row r : remaining) remaining_[{r.get<std::string>(0), r.get<std::string>(1)}] = r.get<std::int32_t>(2);
  }

  // One after the other: the last ticket goes to the first late success.
  void enter(const payment_outcome& outcome) {
    const auto found = orders_.find(outcome.order);
    if (found == orders_.end()) return;
    charged_order& order = found->second;
    note_unsent(order, outcome);
    int& remaining = remaining_[{order.event_id, order.category_id}];
    const auto verdict = judge(outcome.task, result_so_far(order, outcome), order.payment, order.status,
                               may_have_tickets(order, remaining));
    if (verdict.payment) change_payment(order, *verdict.payment, outcome);
    if (verdict.order) change_order(order, *verdict.order, remaining);
  }

  void write(pipeline& to, domain::order_id_mint& mint) const {
    write_payments(to);
    write_orders(to);
    ledger_.write(to, mint);
  }

  [[nodiscard]] std::vector<order_change> changes() const {
    std::vector<order_change> changes;
    for (const auto& [id, order] : orders_)
      if (order.has_new_status) changes.push_back({id, order.status, order.event_id});
    return changes;
  }

 private:
  // Whether an expired order can still be served: there are tickets left, and its buyer may have them.
  [[nodiscard]] bool may_have_tickets(const charged_order& order, int remaining) const {
    const auto allowance = allowances_.find({order.event_id, order.buyer_email});
    return remaining >= order.quantity && (allowance == allowances_.end() || allowance->second >= order.quantity);
  }

  static void note_unsent(charged_order& order, const payment_outcome& outcome) {
    const bool is_unsent = outcome.task == payment_task::charge && outcome.result == payment_result::not_sent;
    if (is_unsent && outcome.attempt == order.unsent_attempts + 1) order.unsent_attempts = outcome.attempt;
  }

  // Of all attempts: one that was not sent says nothing about an earlier one of which nothing was heard.
  static payment_result result_so_far(const charged_order& order, const payment_outcome& outcome) {
    if (outcome.result != payment_result::not_sent) return outcome.result;
    return order.unsent_attempts == order.attempts ? payment_result::not_sent : payment_result::unknown;
  }

  static void change_payment(charged_order& order, payment_status status, const payment_outcome& outcome) {
    order.has_new_payment = true;
    order.payment = status;
    if (outcome.task == payment_task::charge && outcome.result == payment_result::succeeded)
      order.intent_id = outcome.intent_id;
    if (outcome.result == payment_result::unknown || outcome.result == payment_result::not_sent)
      order.due_in_milliseconds = outcome.ask_again.count();
    else if (status == payment_status::refund_due)
      order.due_in_milliseconds = 0;
  }

  void change_order(charged_order& order, order_status status, int& remaining) {
    const bool was_reserved = order.status == order_status::reserved;
    order.has_new_status = true;
    order.status = status;
    if (status == order_status::confirmed) {
      if (!was_reserved) {
        remaining -= order.quantity;
        allowances_[{order.event_id, order.buyer_email}] -= order.quantity;
      }
      ledger_.confirm(order.id, order.event_id, order.category_id, order.quantity, order.total, was_reserved);
    } else {
      remaining += order.quantity;
      ledger_.give_back(order.event_id, order.category_id, order.quantity);
    }
  }

  void write_payments(pipeline& to) const {
    std::vector<order_id> ids;
    std::vector<std::string_view> statuses;
    std::vector<std::optional<std::string_view>> intents;
    std::vector<std::optional<std::int64_t>> due;
    std::vector<std::int32_t> unsent;
    for (const auto& [id, order] : orders_) {
      if (!order.has_new_payment) continue;
      ids.push_back(id);
      statuses.push_back(to_string(order.payment));
      intents.push_back(order.intent_id ? std::optional<std::string_view>(*order.intent_id) : std::nullopt);
      due.push_back(order.due_in_milliseconds);
      unsent.push_back(order.unsent_attempts);
    }
    if (!ids.empty()) to.add(write_payment_outcomes, ids, statuses, intents, due, unsent);
  }

  void write_orders(pipeline& to) const {
    std::vector<order_id> ids;
    std::vector<std::string_view> statuses;
    std::vector<std::optional<std::string_view>> reasons;
    for (const auto& [id, order] : orders_) {
      if (!order.has_new_status) continue;
      ids.push_back(id);
      statuses.push_back(to_string(order.status));
      const bool is_declined = order.status == order_status::payment_failed;
      reasons.push_back(is_declined ? std::optional(to_string(order_reason::payment_declined)) : std::nullopt);
    }
    if (!ids.empty()) to.add(write_order_outcomes, ids, statuses, reasons);
  }

  std::map<order_id, charged_order> orders_;
  std::map<std::pair<std::string, std::string>, int> remaining_;   // by event and category
  std::map<std::pair<std::string, std::string>, int> allowances_;  // by event and buyer, where an order has expired
  stock_ledger ledger_;
};

}  // namespace

awaitable<result<std::vector<due_payment>>> payment_store::claim(std::size_t most, std::chrono::seconds lease,
                                                                 deadline until) {
  pipeline statements;
  statements.add(claim_payments, static_cast<std::int64_t>(most), std::int64_t{lease.count()});
  const auto answers = co_await session_->get().run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<due_payment> due;
  for (const row r : answers->front()) {
    auto& payment = due.emplace_back();
    payment.order = r.get<order_id>(0);
    const bool is_refund = parse_payment_status(r.get<std::string>(1)) == payment_status::refund_due;
    payment.task = is_refund ? payment_task::refund : payment_task::charge;
    payment.amount = {r.get<std::int64_t>(2), r.get<std::string>(3)};
    payment.intent_id = r.get<std::string>(4);
    payment.traceparent = r.get<std::string>(5);
    payment.attempts = r.get<std::int32_t>(6);
  }
  co_return due;
}

awaitable<result<std::vector<order_change>>> payment_store::record(std::span<const payment_outcome> outcomes,
                                                                   deadline until) {
  std::vector<order_id> ids;
  for (const auto& outcome : outcomes) ids.push_back(outcome.order);
  pipeline opening;
  opening.add(begin_transaction).add(lock_events_of_orders, ids).add(read_payments, ids).add(read_remaining, ids);
  const auto found = co_await session_->get().run(std::move(opening), until);
  if (!found) co_return found.error();

  outcome_book book((*found)[2], (*found)[3]);
  for (const auto& outcome : outcomes) book.enter(outcome);
  pipeline closing;
  book.write(closing, *mint_);
  closing.add(commit_transaction);
  const auto closed = co_await session_->get().run(std::move(closing), until);
  if (!closed) co_return closed.error();
  co_return book.changes();
}

awaitable<result<std::vector<order_change>>> payment_store::expire_holds(std::size_t most, deadline until) {
  const auto limit = static_cast<std::int64_t>(most);
  pipeline opening;
  opening.add(begin_transaction).add(lock_events_of_old_holds, limit);
  const auto locked = co_await session_->get().run(std::move(opening), until);
  if (!locked) co_return locked.error();
  std::vector<std::string> events;
  for (const row r : locked->back()) events.push_back(r.get<std::string>(0));

  std::vector<order_change> changes;
  pipeline closing;
  if (!events.empty()) {
    pipeline expiry;
    expiry.add(expire_old_holds, limit, events);
    const auto expired = co_await session_->get().run(std::move(expiry), until);
    if (!expired) co_return expired.error();
    std::vector<order_id> ids;
    stock_ledger ledger;
    for (const row r : expired->front()) {
      changes.push_back({r.get<order_id>(0), order_status::expired, r.get<std::string>(1)});
      ids.push_back(r.get<order_id>(0));
      ledger.give_back(r.get<std::string>(1), r.get<std::string>(2), r.get<std::int32_t>(3));
    }
    closing.add(cancel_payments, ids);
    ledger.write(closing, *mint_);
  }
  closing.add(commit_transaction);
  const auto closed = co_await session_->get().run(std::move(closing), until);
  if (!closed) co_return closed.error();
  co_return changes;
}

}  // namespace ticketd::persistence
