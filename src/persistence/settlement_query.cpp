#include "persistence/settlement_query.hpp"

#include "persistence/category_rows.hpp"
#include "persistence/locks.hpp"
#include "ticketd/domain/order_id_range.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::persistence {
namespace {

using domain::accepted_order;
using domain::order_id;

constexpr query read_restored_parts{"read_restored_parts", R"(
  SELECT coalesce((SELECT max(number) FROM schema_migrations), 0)::integer,
         EXISTS (SELECT FROM categories),
         (SELECT count(*) FROM unnest(ARRAY['orders', 'events', 'categories']::regclass[]) AS each (id)
          WHERE NOT EXISTS (SELECT FROM pg_index WHERE indisprimary AND indrelid = each.id)))"};

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

std::vector<std::string_view> events_of(std::span<const accepted_order> orders) {
  std::set<std::string_view> events;
  for (const auto& order : orders) events.insert(order.event_id);
  return {events.begin(), events.end()};
}

std::vector<order_id> ids_of(std::span<const accepted_order> orders) {
  std::vector<order_id> ids;
  ids.reserve(orders.size());
  for (const auto& order : orders) ids.push_back(order.id);
  return ids;
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

void read_orders_of_buyers(const rows& from, domain::settlement_context& context) {
  for (const row r : from) {
    const auto buyer = r.get<std::string>(2);
    context.known_orders.emplace(r.get<order_id>(0), buyer);
    if (r.get<bool>(4)) context.tickets_of_buyer[{r.get<std::string>(1), buyer}] += r.get<std::int32_t>(3);
  }
}

domain::locked_rows read_locked_rows(const rows& events, const rows& categories) {
  domain::locked_rows locked;
  for (const row r : events) locked.events.insert(r.get<std::string>(0));
  for (const row r : categories) locked.categories.emplace(r.get<std::string>(0), r.get<std::string>(1));
  return locked;
}

}  // namespace

settlement_query::settlement_query(std::span<const accepted_order> orders, lock_wait locks) {
  const auto events = events_of(orders);
  const bool passes_over = locks == lock_wait::none;
  statements_.add(begin_transaction);
  parts_ = next_place();
  statements_.add(read_restored_parts);
  add_lock_timeout(statements_, locks);
  locked_events_ = next_place();
  statements_.add(passes_over ? lock_free_events : lock_events, events);
  stock_ = next_place();
  add_stock(statements_, events);
  orders_of_buyers_ = next_place();
  add_orders_of_buyers(statements_, orders);
  events_with_waiting_ = next_place();
  statements_.add(events_with_waiting, events);
  waiting_orders_ = next_place();
  statements_.add(known_to_wait, ids_of(orders));
  if (const auto place = next_place(); add_orders_of_buyers_before(statements_, orders))
    orders_of_buyers_before_ = place;
  if (!passes_over) return;
  locked_categories_ = next_place();
  add_categories_lock(statements_, orders);
}

restored_parts settlement_query::read_parts(const std::vector<rows>& answers) const {
  const row parts = answers[parts_].front();
  return {.newest_migration = parts.get<std::int32_t>(0),
          .has_categories = parts.get<bool>(1),
          .tables_without_key = parts.get<std::int64_t>(2)};
}

domain::settlement_reading settlement_query::read(const std::vector<rows>& answers) const {
  domain::settlement_reading reading;
  auto& context = reading.context;
  for (const row r : answers[locked_events_]) context.last_invoices[r.get<std::string>(0)] = r.get<std::int64_t>(1);
  for (const row r : answers[stock_]) context.categories.push_back(read_category(r));
  read_orders_of_buyers(answers[orders_of_buyers_], context);
  if (orders_of_buyers_before_) read_orders_of_buyers(answers[*orders_of_buyers_before_], context);
  for (const row r : answers[events_with_waiting_]) reading.events_with_waiting.push_back(r.get<std::string>(0));
  for (const row r : answers[waiting_orders_])
    reading.waiting_orders.emplace_back(r.get<order_id>(0), r.get<std::string>(1));
  if (locked_categories_) reading.locked = read_locked_rows(answers[locked_events_], answers[*locked_categories_]);
  return reading;
}

}  // namespace ticketd::persistence
