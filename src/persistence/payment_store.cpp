#include "persistence/locks.hpp"
#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"
#include "persistence/stock_writes.hpp"
#include "persistence/ticket_codes.hpp"
#include "ticketd/domain/order_id_range.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {
namespace {

using domain::charged_order;
using domain::order_id;
using domain::order_reason;
using domain::payment_context;
using domain::payment_decision;
using domain::payment_status;

constexpr query lock_events_of_orders{"lock_events_of_orders", R"(
  SELECT id, last_invoice FROM events WHERE id = ANY (ARRAY(SELECT event_id FROM orders WHERE id = ANY ($1::uuid[])))
  ORDER BY id FOR NO KEY UPDATE)"};

constexpr query lock_free_events_of_orders{"lock_free_events_of_orders", R"(
  SELECT id, last_invoice FROM events WHERE id = ANY (ARRAY(SELECT event_id FROM orders WHERE id = ANY ($1::uuid[])))
  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"};

constexpr query lock_free_categories_of_orders{"lock_free_categories_of_orders", R"(
  SELECT c.event_id, c.id FROM categories c
  WHERE (c.event_id, c.id) IN (SELECT event_id, category_id FROM orders WHERE id = ANY ($1::uuid[]))
  ORDER BY c.event_id, c.id FOR NO KEY UPDATE OF c SKIP LOCKED)"};

// With what the buyer of an expired order has besides: meanwhile there may have been another order. Of those that are
// asked about it is not known before they are decided whether they will hold tickets, so the newest is one of the
// others. Where they are found depends on the layout of the event's ids.
constexpr query read_payments{"read_payments", R"(
  SELECT o.id, o.event_id, o.category_id, o.quantity, o.status, p.status,
         o.buyer_email, p.attempts, p.unsent_attempts,
         o.accepted_at, o.updated_at, o.max_per_buyer, e.max_per_buyer, other.tickets, other.newest_accepted_at
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS asked (id, first_id, last_id)
  JOIN orders o ON o.id = asked.id
  JOIN payments p ON p.order_id = o.id
  JOIN events e ON e.id = o.event_id
  CROSS JOIN LATERAL (
    SELECT sum(b.quantity)::integer AS tickets,
           max(b.accepted_at) FILTER (WHERE b.id <> ALL ($1::uuid[])) AS newest_accepted_at
    FROM (SELECT id, quantity, accepted_at, status FROM orders
          WHERE o.status = 'expired' AND o.id_layout = 2 AND id BETWEEN asked.first_id AND asked.last_id
            AND event_id = o.event_id AND buyer_email = o.buyer_email
          UNION ALL
          SELECT id, quantity, accepted_at, status FROM orders
          WHERE o.status = 'expired' AND o.id_layout = 1 AND id_layout = 1
            AND event_id = o.event_id AND buyer_email = o.buyer_email) b
    WHERE b.status IN ('reserved', 'confirmed')) other)"};

constexpr query read_remaining{"read_remaining", R"(
  SELECT event_id, id, capacity - sold - held FROM categories
  WHERE event_id = ANY (ARRAY(SELECT event_id FROM orders WHERE id = ANY ($1::uuid[]))))"};

// A charge that is over leaves no row: what is left to know of it stands in its order's.
constexpr query end_payments{"end_payments", "DELETE FROM payments WHERE order_id = ANY ($1::uuid[])"};

// What is not due is so at no time. While no attempt can have charged, none was the first that may have; how many there
// were only the row knows, as a claim waits for no lock of an event's. Nor does anybody else know since when a refund
// has been due.
constexpr query write_payment_outcomes{"write_payment_outcomes", R"(
  UPDATE payments p
  SET status = d.status::payment_status, intent_id = coalesce(d.intent_id, p.intent_id),
      refund_id = coalesce(d.refund_id, p.refund_id), unsent_attempts = d.not_done,
      first_asked_at = CASE WHEN d.not_done < p.attempts THEN p.first_asked_at END,
      due_at = CASE d.is_due WHEN 0 THEN 'infinity'
                             ELSE coalesce(now() + d.due_in * interval '1 millisecond', p.due_at) END,
      expires_at = CASE d.is_on_hold WHEN 1 THEN p.expires_at END,
      refund_due_since = CASE d.status WHEN 'refund_due' THEN coalesce(p.refund_due_since, now())
                                       ELSE p.refund_due_since END,
      updated_at = now()
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[], $8::text[])
    AS d (order_id, status, intent_id, due_in, not_done, is_due, is_on_hold, refund_id)
  WHERE p.order_id = d.order_id)"};

// now() is when the transaction began, which may have waited for the lock of one that began later, and a clock may be
// set back: who watches an order goes by its updated_at, which only ever rises (domain::version_of).
constexpr query write_order_outcomes{"write_order_outcomes", R"(
  UPDATE orders o
  SET status = d.status::order_status, reason = d.reason, invoice_no = d.invoice_no, ticket_codes = d.ticket_codes,
      payment_intent = d.intent_id, updated_at = greatest(now(), o.updated_at + interval '1 microsecond')
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    AS d (id, status, reason, invoice_no, ticket_codes, intent_id)
  WHERE o.id = d.id)"};

constexpr query lock_free_orders{"lock_free_orders", R"(
  SELECT o.id FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.id = ANY ($1::uuid[])
  ORDER BY o.id FOR NO KEY UPDATE OF o SKIP LOCKED FOR UPDATE OF p SKIP LOCKED)"};

// Which holds are over is judged here, by the clock that set their ends, as they are locked in the same step.
constexpr query list_events_with_old_holds{"list_events_with_old_holds", R"(
  SELECT DISTINCT first.event_id
  FROM (SELECT o.event_id FROM payments p JOIN orders o ON o.id = p.order_id
        WHERE p.expires_at <= now() AND o.event_id <> ALL ($2::text[])
        ORDER BY p.expires_at LIMIT $1::bigint) first)"};

constexpr query lock_events_of_old_holds{"lock_events_of_old_holds", R"(
  SELECT id FROM events WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"};

// After the lock: another worker may have expired them, or a charge may have come in. The payments are locked: one that
// is claimed in this moment is not taken for never charged.
constexpr query read_old_holds{"read_old_holds", R"(
  SELECT o.id, o.event_id, o.category_id, o.quantity, o.status, p.status,
         o.buyer_email, p.attempts, p.unsent_attempts
  FROM payments p JOIN orders o ON o.id = p.order_id
  JOIN categories c ON (c.event_id, c.id) = (o.event_id, o.category_id)
  WHERE p.expires_at <= now() AND o.event_id = ANY ($2::text[])
  ORDER BY p.expires_at LIMIT $1::bigint
  FOR UPDATE OF p SKIP LOCKED FOR NO KEY UPDATE OF o, c SKIP LOCKED)"};

// nullopt: of a state that only a newer version knows, and so that one's to see to.
std::optional<charged_order> read_charged_order(const row& r) {
  charged_order order;
  order.id = r.get<order_id>(0);
  order.event_id = r.get<std::string>(1);
  order.category_id = r.get<std::string>(2);
  order.quantity = r.get<std::int32_t>(3);
  const auto status = domain::parse_order_status(r.get<std::string>(4));
  const auto payment = domain::parse_payment_status(r.get<std::string>(5));
  if (!status || !payment) return std::nullopt;
  order.status = *status;
  order.payment = *payment;
  order.buyer_email = r.get<std::string>(6);
  order.attempts = r.get<std::int32_t>(7);
  order.attempts_not_done = r.get<std::int32_t>(8);
  return order;
}

// One row of read_payments.
void add_order(payment_context& to, const row& r) {
  auto known = read_charged_order(r);
  if (!known) return;
  charged_order order = *std::move(known);
  order.accepted_at = r.get<domain::timestamp>(9);
  order.updated_at = r.get<domain::timestamp>(10);
  order.terms_max_per_buyer = r.get<std::optional<std::int32_t>>(11);
  order.event_max_per_buyer = r.get<std::int32_t>(12);
  if (const auto tickets = r.get<std::optional<std::int32_t>>(13))
    to.tickets_of_buyer[{order.event_id, order.buyer_email}] = *tickets;
  order.newest_other_accepted_at = r.get<std::optional<domain::timestamp>>(14);
  to.orders.push_back(std::move(order));
}

void add_payments(pipeline& to, std::span<const payment_decision> decisions) {
  std::vector<order_id> over, ids;
  std::vector<std::string_view> statuses;
  std::vector<std::optional<std::string_view>> intents, refunds;
  std::vector<std::optional<std::int64_t>> due;
  std::vector<std::int32_t> not_done, is_due, is_on_hold;
  for (const auto& decision : decisions) {
    if (!decision.payment) continue;
    const auto& change = *decision.payment;
    if (!change.is_kept) {
      over.push_back(decision.order.id);
      continue;
    }
    ids.push_back(decision.order.id);
    statuses.push_back(to_string(change.status));
    intents.push_back(change.intent_id ? std::optional<std::string_view>(*change.intent_id) : std::nullopt);
    refunds.push_back(change.refund_id ? std::optional<std::string_view>(*change.refund_id) : std::nullopt);
    due.push_back(change.due_in ? std::optional<std::int64_t>(change.due_in->count()) : std::nullopt);
    not_done.push_back(change.attempts_not_done);
    is_due.push_back(change.is_due ? 1 : 0);
    is_on_hold.push_back(change.is_on_hold ? 1 : 0);
  }
  if (!over.empty()) to.add(end_payments, over);
  if (!ids.empty()) to.add(write_payment_outcomes, ids, statuses, intents, due, not_done, is_due, is_on_hold, refunds);
}

void add_orders(pipeline& to, std::span<const payment_decision> decisions) {
  std::vector<order_id> ids;
  std::vector<std::string_view> statuses;
  std::vector<std::optional<std::string_view>> reasons, intents;
  std::vector<std::optional<std::int64_t>> invoices;
  std::vector<std::optional<std::string>> codes;
  for (const auto& decision : decisions) {
    if (!decision.has_new_status) continue;
    ids.push_back(decision.order.id);
    statuses.push_back(to_string(decision.order.status));
    const bool has_reason = decision.reason != order_reason::none;
    reasons.push_back(has_reason ? std::optional(to_string(decision.reason)) : std::nullopt);
    const bool is_confirmed = decision.is_confirmed_now();
    intents.push_back(decision.charge_id());
    invoices.push_back(is_confirmed ? std::optional(decision.invoice) : std::nullopt);
    codes.push_back(is_confirmed ? std::optional(join_codes(decision.ticket_codes)) : std::nullopt);
  }
  if (!ids.empty()) to.add(write_order_outcomes, ids, statuses, reasons, invoices, codes, intents);
}

domain::locked_payments read_locked(const rows& locked_categories, const rows& locked_orders) {
  domain::locked_payments locked;
  for (const row r : locked_categories) locked.categories.emplace(r.get<std::string>(0), r.get<std::string>(1));
  for (const row r : locked_orders) locked.orders.insert(r.get<order_id>(0));
  return locked;
}

// Where a buyer's other orders are looked for.
void add_reading(pipeline& to, const std::vector<order_id>& ids) {
  std::vector<order_id> first_ids, last_ids;
  for (const auto& id : ids) {
    const auto [first, last] = domain::ids_of_same_buyer(id);
    first_ids.push_back(first);
    last_ids.push_back(last);
  }
  to.add(read_payments, ids, first_ids, last_ids);
}

}  // namespace

awaitable<result<domain::payment_reading>> postgres_payment_store::begin_recording(std::span<const order_id> orders,
                                                                                   lock_wait locks, deadline until) {
  const std::set<order_id> each(orders.begin(), orders.end());
  const std::vector<order_id> ids(each.begin(), each.end());
  pipeline statements;
  const bool passes_over = locks == lock_wait::none;
  statements.add(begin_transaction);
  add_lock_timeout(statements, locks);
  statements.add(passes_over ? lock_free_events_of_orders : lock_events_of_orders, ids);
  const auto at = statements.statements().size();
  add_reading(statements, ids);
  statements.add(read_remaining, ids);
  if (passes_over) statements.add(lock_free_categories_of_orders, ids).add(lock_free_orders, ids);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();

  domain::payment_reading reading;
  auto& all = reading.of_all;
  for (const row r : (*answers)[at - 1]) all.last_invoices[r.get<std::string>(0)] = r.get<std::int64_t>(1);
  for (const row r : (*answers)[at]) add_order(all, r);
  for (const row r : (*answers)[at + 1])
    all.remaining[{r.get<std::string>(0), r.get<std::string>(1)}] = r.get<std::int32_t>(2);
  if (passes_over) reading.locked = read_locked((*answers)[at + 2], answers->back());
  co_return reading;
}

awaitable<result<std::vector<std::string>>> postgres_payment_store::events_with_old_holds(
    std::size_t most, const std::vector<std::string>& passed_over, deadline until) {
  pipeline statements;
  statements.add(list_events_with_old_holds, static_cast<std::int64_t>(most), passed_over);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<std::string> events;
  for (const row r : answers->front()) events.push_back(r.get<std::string>(0));
  co_return events;
}

awaitable<result<payment_context>> postgres_payment_store::begin_expiry(std::span<const std::string> events,
                                                                        std::size_t most, deadline until) {
  pipeline locking;
  locking.add(begin_transaction)
      .add(lock_events_of_old_holds, std::vector<std::string_view>(events.begin(), events.end()));
  const auto locked = co_await connection_->run(std::move(locking), until);
  if (!locked) co_return locked.error();
  std::vector<std::string> held;
  for (const row r : locked->back()) held.push_back(r.get<std::string>(0));

  pipeline reading;
  reading.add(read_old_holds, static_cast<std::int64_t>(most), held);
  const auto found = co_await connection_->run(std::move(reading), until);
  if (!found) co_return found.error();
  payment_context context;
  for (const row r : found->back())
    if (auto order = read_charged_order(r)) context.orders.push_back(*std::move(order));
  co_return context;
}

awaitable<result<void>> postgres_payment_store::commit(std::span<const payment_decision> decisions, deadline until) {
  pipeline statements;
  add_payments(statements, decisions);
  add_orders(statements, decisions);
  add_stock_changes(statements, domain::changes_of(decisions));
  statements.add(commit_transaction);
  return connection_->execute(std::move(statements), until);
}

}  // namespace ticketd::persistence
