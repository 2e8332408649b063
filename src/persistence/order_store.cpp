#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"
#include "persistence/stock_ledger.hpp"
#include "persistence/ticket_codes.hpp"
#include "ticketd/domain/order_id_mint.hpp"

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

constexpr query lock_events{"lock_events", R"(
  SELECT id, last_invoice FROM events WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE)"};

// After the lock, so that it sees what the lock's last holder wrote. Retired ones too: an order for one of them is
// refused as sold out, while one for a category that never existed is not available.
constexpr query read_stock{"read_stock", R"(
  SELECT c.event_id, c.id, c.capacity, c.sold, c.held, c.price_amount, c.price_currency,
         e.sale_opens_at, least(e.sale_closes_at, e.starts_at), e.max_per_buyer
  FROM events e JOIN categories c ON c.event_id = e.id
  WHERE e.id = ANY ($1::text[]))"};

constexpr query known_orders{"known_orders", "SELECT id, buyer_email FROM orders WHERE id = ANY ($1::uuid[])"};

// A buyer's orders are a range of ids, or (layout 1) found by an index of their own.
constexpr query tickets_of_buyers{"tickets_of_buyers", R"(
  SELECT b.event_id, b.email, t.quantity
  FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) AS b (event_id, email, first_id, last_id)
  CROSS JOIN LATERAL (SELECT sum(o.quantity)::integer AS quantity FROM orders o
                      WHERE o.id BETWEEN b.first_id AND b.last_id AND o.event_id = b.event_id
                        AND o.buyer_email = b.email AND o.status IN ('reserved', 'confirmed')) t
  WHERE t.quantity IS NOT NULL
  UNION ALL
  SELECT b.event_id, b.email, t.quantity
  FROM unnest($5::text[], $6::text[]) AS b (event_id, email)
  CROSS JOIN LATERAL (SELECT sum(o.quantity)::integer AS quantity FROM orders o
                      WHERE o.event_id = b.event_id AND o.buyer_email = b.email AND o.id_layout = 1
                        AND o.status IN ('reserved', 'confirmed')) t
  WHERE t.quantity IS NOT NULL)"};

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
  INSERT INTO payments (order_id, amount, currency, attempts, first_asked_at, due_at, expires_at, traceparent,
                        payment_method)
  SELECT p.order_id, p.amount, p.currency, $6::integer, CASE WHEN $6::integer > 0 THEN now() END,
         now() + $5::bigint * interval '1 second', now() + $8::bigint * interval '1 second',
         p.traceparent, p.payment_method
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $7::text[])
         AS p (order_id, amount, currency, traceparent, payment_method))"};

constexpr query find_orders{"find_orders", R"(
  SELECT o.id, o.status, coalesce(o.reason, ''), o.event_id, o.category_id, o.quantity, o.total_amount,
         o.total_currency, o.accepted_at, o.updated_at, o.invoice_no, coalesce(o.ticket_codes, '')
  FROM orders o
  WHERE o.id = ANY ($1::uuid[]))"};

std::vector<std::string_view> events_of(std::span<const accepted_order> orders) {
  std::set<std::string_view> events;
  for (const auto& order : orders) events.insert(order.event_id);
  return {events.begin(), events.end()};
}

void add_tickets_of_buyers(pipeline& to, std::span<const accepted_order> orders) {
  std::vector<std::string_view> events, emails, events_before, emails_before;
  std::vector<order_id> first_ids, last_ids;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& order : orders) {
    if (!seen.emplace(order.event_id, order.buyer.email).second) continue;
    if (order.id_layout == domain::id_layout::by_event) {
      const auto [first, last] = domain::ids_of_same_buyer(order.id);
      events.push_back(order.event_id);
      emails.push_back(order.buyer.email);
      first_ids.push_back(first);
      last_ids.push_back(last);
    } else {
      events_before.push_back(order.event_id);
      emails_before.push_back(order.buyer.email);
    }
  }
  to.add(tickets_of_buyers, events, emails, first_ids, last_ids, events_before, emails_before);
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
  return category;
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
                  const settlement_settings& settings) {
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
  const std::int64_t due_in_s = settings.charged_here_for.value_or(std::chrono::seconds(0)).count();
  const std::int32_t attempts = settings.charged_here_for ? 1 : 0;
  const std::int64_t hold_s = (settings.charged_here_for ? settings.hold : settings.payment_wait_max).count();
  to.add(write_payments_query, ids, amounts, currencies, traces, due_in_s, attempts, methods, hold_s);
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

order_view read_order(const row& r) {
  order_view order;
  order.id = r.get<order_id>(0);
  const auto status = domain::parse_order_status(r.get<std::string>(1));
  const auto reason = domain::parse_order_reason(r.get<std::string>(2));
  if (!status || !reason) throw std::logic_error("the schema knows an order status or reason that the domain does not");
  order.status = *status;
  order.reason = *reason;
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

}  // namespace

awaitable<result<domain::settlement_context>> postgres_order_store::begin_settlement(
    std::span<const accepted_order> orders, deadline until) {
  const auto events = events_of(orders);
  std::vector<order_id> ids;
  for (const auto& order : orders) ids.push_back(order.id);
  pipeline statements;
  statements.add(begin_transaction).add(lock_events, events).add(read_stock, events).add(known_orders, ids);
  add_tickets_of_buyers(statements, orders);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();

  domain::settlement_context context;
  for (const row r : (*answers)[1]) context.last_invoices[r.get<std::string>(0)] = r.get<std::int64_t>(1);
  for (const row r : (*answers)[2]) context.categories.push_back(read_category(r));
  for (const row r : (*answers)[3]) context.known_orders.emplace(r.get<order_id>(0), r.get<std::string>(1));
  for (const row r : (*answers)[4])
    context.tickets_of_buyer[{r.get<std::string>(0), r.get<std::string>(1)}] = r.get<std::int32_t>(2);
  co_return context;
}

awaitable<result<void>> postgres_order_store::commit_settlement(std::span<const accepted_order> orders,
                                                                const domain::allocation& allocation,
                                                                const settlement_settings& settings, deadline until) {
  pipeline statements;
  if (!allocation.decisions.empty()) {
    add_orders(statements, orders, allocation);
    add_payments(statements, orders, allocation, settings);
    ledger_of(orders, allocation).write(statements);
  }
  statements.add(commit_transaction);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
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
