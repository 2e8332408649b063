#include "persistence/locks.hpp"
#include "persistence/migrations.hpp"
#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"
#include "persistence/stock_ledger.hpp"
#include "persistence/ticket_codes.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/observability/log.hpp"

#include <set>
#include <stdexcept>
#include <utility>

namespace ticketd::persistence {
namespace {

using domain::accepted_order;
using domain::order_id;
using domain::order_status;
using domain::order_view;
using domain::timestamp;

// While a backup comes in, tables are there before their rows, rows before the keys, and the note of migrations
// somewhere in between. Of a database without any category nobody was ever accepted an order.
constexpr query is_database_whole{"is_database_whole", R"(
  SELECT coalesce((SELECT max(number) FROM schema_migrations), 0) >= $1::integer
         AND EXISTS (SELECT FROM categories)
         AND (SELECT count(*) = 3 FROM pg_index
              WHERE indisprimary AND indrelid IN ('orders'::regclass, 'events'::regclass, 'categories'::regclass)))"};

constexpr query lock_events{"lock_events", R"(
  SELECT id, last_invoice FROM events WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE)"};

constexpr query lock_free_events{"lock_free_events", R"(
  SELECT id, last_invoice FROM events WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"};

constexpr query lock_free_categories{"lock_free_categories", R"(
  SELECT c.event_id, c.id FROM unnest($1::text[], $2::text[]) AS named (event_id, id)
  JOIN categories c ON (c.event_id, c.id) = (named.event_id, named.id)
  ORDER BY c.event_id, c.id FOR NO KEY UPDATE OF c SKIP LOCKED)"};

constexpr query events_with_waiting{"events_with_waiting", R"(
  SELECT e.id FROM unnest($1::text[]) AS e (id)
  WHERE EXISTS (SELECT FROM waiting_orders w WHERE w.event_id = e.id))"};

// After the lock, so that it sees what the lock's last holder wrote. An order for a category that was retired is as
// little available as one for a category that never existed.
constexpr query read_stock{"read_stock", R"(
  SELECT c.event_id, c.id, c.capacity, c.sold, c.held, c.price_amount, c.price_currency,
         e.sale_opens_at, e.sale_closes_at, e.max_per_buyer, e.starts_at
  FROM events e JOIN categories c ON c.event_id = e.id
  WHERE e.id = ANY ($1::text[]) AND NOT c.is_retired)"};

// A buyer's orders are a range of ids, the order itself among them if it is known: one probe of one index tells both.
constexpr query orders_of_buyers{"orders_of_buyers", R"(
  SELECT o.id, o.event_id, o.buyer_email, o.quantity, o.status IN ('reserved', 'confirmed')
  FROM unnest($1::uuid[], $2::uuid[]) AS buyer (first_id, last_id)
  JOIN orders o ON o.id BETWEEN buyer.first_id AND buyer.last_id
                   AND (o.status IN ('reserved', 'confirmed') OR o.id = ANY ($3::uuid[])))"};

// The same for ids of the first layout, where a buyer's orders are found by an index of their own.
constexpr query orders_of_buyers_before{"orders_of_buyers_before", R"(
  SELECT o.id, o.event_id, o.buyer_email, o.quantity, o.status IN ('reserved', 'confirmed')
  FROM unnest($1::text[], $2::text[]) AS buyer (event_id, email)
  JOIN orders o ON o.event_id = buyer.event_id AND o.buyer_email = buyer.email AND o.id_layout = 1
                   AND o.status IN ('reserved', 'confirmed')
  UNION
  SELECT id, event_id, buyer_email, quantity, status IN ('reserved', 'confirmed') FROM orders WHERE id = ANY ($3::uuid[]))"};

constexpr query known_to_wait{"known_to_wait", R"(
  SELECT order_id, buyer_email FROM waiting_orders WHERE order_id = ANY ($1::uuid[]))"};

// Sorted, so that settlement_no follows the batch.
constexpr query write_orders_query{"write_orders", R"(
  INSERT INTO orders (id, event_id, category_id, quantity, buyer_name, buyer_email, status, reason, total_amount,
                      total_currency, accepted_at, max_per_buyer, id_layout, invoice_no, ticket_codes)
  SELECT o.id, o.event_id, o.category_id, o.quantity, o.buyer_name, o.buyer_email, o.status::order_status, o.reason,
         o.amount, o.currency, o.accepted_at, o.max_per_buyer, o.id_layout, o.invoice_no, o.ticket_codes
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::bigint[], $10::text[], $11::timestamptz[], $12::integer[], $13::integer[], $14::bigint[], $15::text[])
         WITH ORDINALITY AS o (id, event_id, category_id, quantity, buyer_name, buyer_email, status, reason, amount,
                               currency, accepted_at, max_per_buyer, id_layout, invoice_no, ticket_codes, place)
  ORDER BY o.place)",
                                   "orders_pkey"};

constexpr query write_payments_query{"write_payments", R"(
  INSERT INTO payments (order_id, amount, currency, due_at, expires_at, traceparent, payment_method)
  SELECT p.order_id, p.amount, p.currency, now() + $6::bigint * interval '1 second',
         now() + $7::bigint * interval '1 second', p.traceparent, p.payment_method
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[])
         AS p (order_id, amount, currency, traceparent, payment_method))"};

constexpr query find_orders{"find_orders", R"(
  SELECT o.id, o.status::text, coalesce(o.reason, ''), o.event_id, o.category_id, o.quantity, o.total_amount,
         o.total_currency, o.accepted_at, o.updated_at, o.invoice_no, coalesce(o.ticket_codes, '')
  FROM orders o
  WHERE o.id = ANY ($1::uuid[])
  UNION ALL
  SELECT w.order_id, 'queued', '', w.event_id, w.category_id, w.quantity, 0, '', w.accepted_at, w.waits_since, NULL, ''
  FROM waiting_orders w
  WHERE w.order_id = ANY ($1::uuid[]))"};

constexpr query write_waiting{"write_waiting", R"(
  INSERT INTO waiting_orders (event_id, order_id, category_id, quantity, buyer_name, buyer_email, accepted_at, traceparent,
                              payment_method, id_layout, price_amount, price_currency, sale_opens_at, sale_closes_at,
                              max_per_buyer)
  SELECT w.event_id, w.order_id, w.category_id, w.quantity, w.buyer_name, w.buyer_email, w.accepted_at, w.traceparent,
         w.payment_method, w.id_layout, w.price_amount, w.price_currency, w.sale_opens_at, w.sale_closes_at,
         w.max_per_buyer
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
              $9::text[], $10::integer[], $11::bigint[], $12::text[], $13::timestamptz[], $14::timestamptz[],
              $15::integer[])
         WITH ORDINALITY AS w (event_id, order_id, category_id, quantity, buyer_name, buyer_email, accepted_at,
                               traceparent, payment_method, id_layout, price_amount, price_currency, sale_opens_at,
                               sale_closes_at, max_per_buyer, place)
  ORDER BY w.place)",
                              "waiting_orders_order_id_key"};

constexpr query take_out_of_waiting{"take_out_of_waiting",
                                    "DELETE FROM waiting_orders WHERE order_id = ANY ($1::uuid[])"};

// One probe of the index an event, however many of its orders wait (a recursive query as a loose index scan).
constexpr query list_waiting_events{"list_waiting_events", R"(
  WITH RECURSIVE each AS (
    (SELECT event_id FROM waiting_orders ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT w.event_id FROM waiting_orders w WHERE w.event_id > each.event_id ORDER BY w.event_id LIMIT 1)
    FROM each WHERE each.event_id IS NOT NULL)
  SELECT event_id FROM each WHERE event_id IS NOT NULL)"};

constexpr query list_waiting_orders{"list_waiting_orders", R"(
  SELECT order_id, category_id, quantity, buyer_name, buyer_email, accepted_at, traceparent, payment_method, id_layout,
         price_amount, price_currency, sale_opens_at, sale_closes_at, max_per_buyer
  FROM waiting_orders WHERE event_id = $1::text ORDER BY place LIMIT $2::bigint)"};

constexpr query another_category_query{"another_category", R"(
  SELECT c.event_id, c.id FROM categories c JOIN events e ON e.id = c.event_id
  WHERE c.event_id <> $1::text AND NOT EXISTS (SELECT FROM waiting_orders w WHERE w.event_id = c.event_id)
  ORDER BY (now() BETWEEN e.sale_opens_at AND e.sale_closes_at AND c.sold + c.held < c.capacity) DESC, random()
  LIMIT 1)"};

std::vector<std::string_view> events_of(std::span<const accepted_order> orders) {
  std::set<std::string_view> events;
  for (const auto& order : orders) events.insert(order.event_id);
  return {events.begin(), events.end()};
}

void add_orders_of_buyers(pipeline& to, std::span<const accepted_order> orders) {
  std::vector<order_id> ids, first_ids, last_ids;
  std::set<std::pair<order_id, order_id>> seen;
  for (const auto& order : orders) {
    if (order.id_layout != domain::id_layout::by_event) continue;
    ids.push_back(order.id);
    const auto range = domain::ids_of_same_buyer(order.id);
    if (!seen.insert(range).second) continue;
    first_ids.push_back(range.first);
    last_ids.push_back(range.second);
  }
  to.add(orders_of_buyers, first_ids, last_ids, ids);
}

// False if there is nothing to ask.
bool add_orders_of_buyers_before(pipeline& to, std::span<const accepted_order> orders) {
  std::vector<order_id> ids;
  std::vector<std::string_view> events, emails;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& order : orders) {
    if (order.id_layout == domain::id_layout::by_event) continue;
    ids.push_back(order.id);
    if (!seen.emplace(order.event_id, order.buyer.email).second) continue;
    events.push_back(order.event_id);
    emails.push_back(order.buyer.email);
  }
  if (ids.empty()) return false;
  to.add(orders_of_buyers_before, events, emails, ids);
  return true;
}

void add_categories_lock(pipeline& to, std::span<const accepted_order> orders) {
  std::set<std::pair<std::string_view, std::string_view>> named;
  for (const auto& order : orders) named.emplace(order.event_id, order.category_id);
  std::vector<std::string_view> events, categories;
  for (const auto& [event, category] : named) {
    events.push_back(event);
    categories.push_back(category);
  }
  to.add(lock_free_categories, events, categories);
}

domain::category_stock read_category(const row& r) {
  domain::category_stock category;
  category.event_id = r.get<std::string>(0);
  category.category_id = r.get<std::string>(1);
  category.capacity = r.get<std::int32_t>(2);
  category.sold = r.get<std::int32_t>(3);
  category.held = r.get<std::int32_t>(4);
  category.price = {r.get<std::int64_t>(5), r.get<std::string>(6)};
  category.sale = {r.get<timestamp>(7), r.get<timestamp>(8)};
  category.max_per_buyer = r.get<std::int32_t>(9);
  category.starts_at = r.get<timestamp>(10);
  return category;
}

void read_orders_of_buyers(const rows& from, domain::settlement_context& context) {
  for (const row r : from) {
    const auto buyer = r.get<std::string>(2);
    context.known_orders.emplace(r.get<order_id>(0), buyer);
    if (r.get<bool>(4)) context.tickets_of_buyer[{r.get<std::string>(1), buyer}] += r.get<std::int32_t>(3);
  }
}

void add_orders(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation) {
  std::vector<order_id> ids;
  std::vector<std::string_view> events, categories, names, emails, statuses, currencies;
  std::vector<std::optional<std::string_view>> reasons;
  std::vector<std::optional<std::string>> codes;
  std::vector<std::int32_t> quantities, layouts;
  std::vector<std::int64_t> amounts;
  std::vector<std::optional<std::int64_t>> invoices;
  std::vector<timestamp> accepted;
  std::vector<std::optional<std::int32_t>> limits;
  for (const auto& decision : allocation.decisions) {
    const auto& order = orders[decision.order];
    ids.push_back(order.id);
    events.push_back(order.event_id);
    categories.push_back(order.category_id);
    quantities.push_back(order.quantity);
    names.push_back(order.buyer.name);
    emails.push_back(order.buyer.email);
    statuses.push_back(to_string(decision.status));
    const bool has_reason = decision.reason != domain::order_reason::none;
    reasons.push_back(has_reason ? std::optional(to_string(decision.reason)) : std::nullopt);
    amounts.push_back(decision.total.amount);
    currencies.push_back(decision.total.currency);
    accepted.push_back(order.accepted_at);
    limits.push_back(order.terms ? std::optional<std::int32_t>(order.terms->max_per_buyer) : std::nullopt);
    layouts.push_back(static_cast<std::int32_t>(order.id_layout));
    const bool is_confirmed = decision.status == order_status::confirmed;
    invoices.push_back(is_confirmed ? std::optional(decision.invoice) : std::nullopt);
    codes.push_back(is_confirmed ? std::optional(join_codes(decision.ticket_codes)) : std::nullopt);
  }
  to.add(write_orders_query, ids, events, categories, quantities, names, emails, statuses, reasons, amounts, currencies,
         accepted, limits, layouts, invoices, codes);
}

std::optional<std::string_view> none_if_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void add_payments(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation,
                  const domain::new_payment& payment) {
  std::vector<order_id> ids;
  std::vector<std::int64_t> amounts;
  std::vector<std::string_view> currencies;
  std::vector<std::optional<std::string_view>> traces, methods;
  for (const auto& decision : allocation.decisions) {
    if (decision.status != order_status::reserved) continue;
    const auto& order = orders[decision.order];
    ids.push_back(order.id);
    amounts.push_back(decision.total.amount);
    currencies.push_back(decision.total.currency);
    traces.push_back(none_if_empty(order.traceparent));
    methods.push_back(none_if_empty(order.payment_method));
  }
  if (ids.empty()) return;
  to.add(write_payments_query, ids, amounts, currencies, traces, methods, std::int64_t{payment.due_in.count()},
         std::int64_t{payment.expires_in.count()});
}

stock_ledger ledger_of(std::span<const accepted_order> orders, const domain::allocation& allocation) {
  stock_ledger ledger;
  for (const auto& decision : allocation.decisions) {
    const auto& order = orders[decision.order];
    if (decision.status == order_status::reserved)
      ledger.reserve(order.event_id, order.category_id, order.quantity);
    else if (decision.status == order_status::confirmed)
      ledger.confirm(order.event_id, order.category_id, order.quantity, decision.invoice);
  }
  return ledger;
}

void add_waiting(pipeline& to, std::span<const accepted_order> orders, const std::vector<std::size_t>& deferred) {
  if (deferred.empty()) return;
  std::vector<std::string_view> events, categories, names, emails, traces, methods;
  std::vector<order_id> ids;
  std::vector<std::int32_t> quantities, layouts;
  std::vector<timestamp> accepted;
  std::vector<std::optional<std::int64_t>> amounts;
  std::vector<std::optional<std::string_view>> currencies;
  std::vector<std::optional<timestamp>> opens, closes;
  std::vector<std::optional<std::int32_t>> limits;
  for (const auto index : deferred) {
    const auto& order = orders[index];
    events.push_back(order.event_id);
    ids.push_back(order.id);
    categories.push_back(order.category_id);
    quantities.push_back(order.quantity);
    names.push_back(order.buyer.name);
    emails.push_back(order.buyer.email);
    accepted.push_back(order.accepted_at);
    traces.push_back(order.traceparent);
    methods.push_back(order.payment_method);
    layouts.push_back(static_cast<std::int32_t>(order.id_layout));
    const auto* terms = order.terms ? &*order.terms : nullptr;
    amounts.push_back(terms ? std::optional(terms->price.amount) : std::nullopt);
    currencies.push_back(terms ? std::optional<std::string_view>(terms->price.currency) : std::nullopt);
    opens.push_back(terms ? std::optional(terms->window.opens_at) : std::nullopt);
    closes.push_back(terms ? std::optional(terms->window.closes_at) : std::nullopt);
    limits.push_back(terms ? std::optional<std::int32_t>(terms->max_per_buyer) : std::nullopt);
  }
  to.add(write_waiting, events, ids, categories, quantities, names, emails, accepted, traces, methods, layouts, amounts,
         currencies, opens, closes, limits);
}

// Decided now, or known to be before.
void take_decided_out(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation) {
  std::set<order_id> ids;
  for (const auto& order : orders) ids.insert(order.id);
  for (const auto index : allocation.deferred) ids.erase(orders[index].id);
  to.add(take_out_of_waiting, std::vector<order_id>(ids.begin(), ids.end()));
}

accepted_order read_waiting_order(const row& r, std::string_view event_id) {
  accepted_order order;
  order.id = r.get<order_id>(0);
  order.event_id = event_id;
  order.category_id = r.get<std::string>(1);
  order.quantity = r.get<std::int32_t>(2);
  order.buyer = {r.get<std::string>(3), r.get<std::string>(4)};
  order.accepted_at = r.get<timestamp>(5);
  order.traceparent = r.get<std::string>(6);
  order.payment_method = r.get<std::string>(7);
  order.id_layout = static_cast<domain::id_layout>(r.get<std::int32_t>(8));
  if (const auto amount = r.get<std::optional<std::int64_t>>(9))
    order.terms = domain::sale_terms{
        {*amount, r.get<std::string>(10)}, {r.get<timestamp>(11), r.get<timestamp>(12)}, r.get<std::int32_t>(13)};
  return order;
}

// What is there and was not locked is somebody else's at the moment.
void defer_locked(domain::settlement_context& context, std::span<const accepted_order> orders,
                  const rows& locked_events, const rows& locked_categories) {
  std::set<std::string> events;
  for (const row r : locked_events) events.insert(r.get<std::string>(0));
  std::set<std::pair<std::string, std::string>> locked;
  for (const row r : locked_categories) locked.emplace(r.get<std::string>(0), r.get<std::string>(1));
  std::set<std::pair<std::string, std::string>> named;
  for (const auto& order : orders) named.emplace(order.event_id, order.category_id);
  for (const auto& category : context.categories) {
    const std::pair key(category.event_id, category.category_id);
    if (!events.contains(key.first) || (named.contains(key) && !locked.contains(key)))
      context.deferred_events.insert(key.first);
  }
}

order_view read_order(const row& r) {
  order_view order;
  order.id = r.get<order_id>(0);
  const auto status = domain::parse_order_status(r.get<std::string>(1));
  const auto reason = domain::parse_order_reason(r.get<std::string>(2));
  // A state that a newer version has written is none that this one can tell: the order is there, and not yet at an end.
  order.status = status.value_or(domain::order_status::queued);
  order.reason = reason.value_or(domain::order_reason::none);
  order.event_id = r.get<std::string>(3);
  order.category_id = r.get<std::string>(4);
  order.quantity = r.get<std::int32_t>(5);
  order.total = {r.get<std::int64_t>(6), r.get<std::string>(7)};
  order.created_at = r.get<timestamp>(8);
  order.updated_at = r.get<timestamp>(9);
  if (const auto number = r.get<std::optional<std::int64_t>>(10))
    order.invoice_number = domain::invoice_number(order.event_id, *number);
  int ordinal = 0;
  for (auto& code : split_codes(r.get<std::string>(11)))
    order.tickets.push_back({domain::ticket_id(order.id, ++ordinal), std::move(code)});
  return order;
}

void add_settlement(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation,
                    order_source from, const domain::new_payment& payment) {
  if (!allocation.decisions.empty()) {
    add_orders(to, orders, allocation);
    add_payments(to, orders, allocation, payment);
    ledger_of(orders, allocation).write(to);
  }
  if (from == order_source::queue)
    add_waiting(to, orders, allocation.deferred);
  else
    take_decided_out(to, orders, allocation);
}

}  // namespace

awaitable<result<domain::settlement_context>> postgres_order_store::begin_settlement(
    std::span<const accepted_order> orders, order_source from, lock_wait locks, deadline until) {
  const auto events = events_of(orders);
  std::vector<order_id> ids;
  for (const auto& order : orders) ids.push_back(order.id);
  const bool passes_over = locks == lock_wait::none;
  pipeline statements;
  statements.add(begin_transaction).add(is_database_whole, static_cast<std::int32_t>(migrations().size()));
  add_lock_timeout(statements, locks);
  statements.add(passes_over ? lock_free_events : lock_events, events);
  const auto at = statements.statements().size();
  statements.add(read_stock, events);
  add_orders_of_buyers(statements, orders);
  statements.add(events_with_waiting, events);
  statements.add(known_to_wait, ids);
  const bool asks_before = add_orders_of_buyers_before(statements, orders);
  if (passes_over) add_categories_lock(statements, orders);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  if (!(*answers)[1].front().get<bool>(0)) {
    observability::log_warning("database.not_whole");
    const auto abandoned = co_await abandon_settlement(until);
    co_return abandoned ? make_error_code(database_errc::unusable) : abandoned.error();
  }

  domain::settlement_context context;
  for (const row r : (*answers)[at - 1]) context.last_invoices[r.get<std::string>(0)] = r.get<std::int64_t>(1);
  for (const row r : (*answers)[at]) context.categories.push_back(read_category(r));
  read_orders_of_buyers((*answers)[at + 1], context);
  if (asks_before) read_orders_of_buyers((*answers)[at + 4], context);
  if (from == order_source::queue) {
    for (const row r : (*answers)[at + 2]) context.deferred_events.insert(r.get<std::string>(0));
    for (const row r : (*answers)[at + 3]) context.known_orders.emplace(r.get<order_id>(0), r.get<std::string>(1));
  }
  if (passes_over) defer_locked(context, orders, (*answers)[at - 1], answers->back());
  co_return context;
}

awaitable<result<void>> postgres_order_store::commit_settlement(std::span<const accepted_order> orders,
                                                                const domain::allocation& allocation, order_source from,
                                                                const domain::new_payment& payment, deadline until) {
  pipeline statements;
  add_settlement(statements, orders, allocation, from, payment);
  statements.add(commit_transaction);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
}

awaitable<result<void>> postgres_order_store::rehearse_settlement(std::span<const accepted_order> orders,
                                                                  const domain::allocation& allocation,
                                                                  order_source from, const domain::new_payment& payment,
                                                                  deadline until) {
  pipeline statements;
  add_settlement(statements, orders, allocation, from, payment);
  statements.add(roll_back_transaction);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
}

awaitable<result<std::vector<std::string>>> postgres_order_store::waiting_events(deadline until) {
  pipeline statements;
  statements.add(list_waiting_events);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<std::string> events;
  for (const row r : answers->front()) events.push_back(r.get<std::string>(0));
  co_return events;
}

awaitable<result<std::vector<accepted_order>>> postgres_order_store::waiting_orders(std::string_view event_id,
                                                                                    std::size_t most, deadline until) {
  pipeline statements;
  statements.add(list_waiting_orders, event_id, static_cast<std::int64_t>(most));
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<accepted_order> orders;
  for (const row r : answers->front()) orders.push_back(read_waiting_order(r, event_id));
  co_return orders;
}

awaitable<result<std::optional<category_key>>> postgres_order_store::another_category(std::string_view event_id,
                                                                                      deadline until) {
  pipeline statements;
  statements.add(another_category_query, event_id);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::optional<category_key> other;
  for (const row r : answers->front()) {
    other.emplace();
    other->event_id = r.get<std::string>(0);
    other->category_id = r.get<std::string>(1);
  }
  co_return other;
}

awaitable<result<void>> postgres_order_store::abandon_settlement(deadline until) {
  pipeline statements;
  statements.add(roll_back_transaction);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
}

awaitable<result<std::vector<order_view>>> postgres_order_store::find(std::span<const order_id> ids, deadline until) {
  const std::vector<order_id> wanted(ids.begin(), ids.end());
  pipeline statements;
  statements.add(find_orders, wanted);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<order_view> orders;
  for (const row r : answers->front()) orders.push_back(read_order(r));
  co_return orders;
}

}  // namespace ticketd::persistence
