#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"
#include "persistence/ticket_codes.hpp"
#include "ticketd/domain/invoice.hpp"
#include "ticketd/domain/ticket_code.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ticketd::persistence {
namespace {

using domain::order_id;
using domain::order_view;
using domain::timestamp;

constexpr query find_orders{"find_orders", R"(
  SELECT o.id, o.status::text, coalesce(o.reason, ''), o.event_id, o.category_id, o.quantity, o.total_amount,
         o.total_currency, o.accepted_at, o.updated_at, o.invoice_no, coalesce(o.ticket_codes, ''),
         CASE o.status WHEN 'expired'
           THEN (SELECT count(*) FROM payments p WHERE p.order_id = o.id AND p.status = 'pending') ELSE 0 END
  FROM orders o
  WHERE o.id = ANY ($1::uuid[])
  UNION ALL
  SELECT w.order_id, 'queued', '', w.event_id, w.category_id, w.quantity, 0, '', w.accepted_at, w.waits_since, NULL, '',
         0
  FROM waiting_orders w
  WHERE w.order_id = ANY ($1::uuid[]))"};

constexpr query find_changed_orders{"find_changed_orders", R"(
  SELECT o.id, o.status::text, coalesce(o.reason, ''), o.event_id, o.category_id, o.quantity, o.total_amount,
         o.total_currency, o.accepted_at, o.updated_at, o.invoice_no, coalesce(o.ticket_codes, ''), open.charges
  FROM unnest($1::uuid[], $2::timestamptz[]) AS known (id, updated_at)
  JOIN orders o ON o.id = known.id
  CROSS JOIN LATERAL (
    SELECT CASE o.status WHEN 'expired'
      THEN (SELECT count(*) FROM payments p WHERE p.order_id = o.id AND p.status = 'pending') ELSE 0 END AS charges) open
  WHERE o.updated_at > known.updated_at OR (o.status = 'expired' AND open.charges = 0))"};

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
  order.is_charge_open = r.get<std::int64_t>(12) > 0;
  int ordinal = 0;
  for (auto& code : split_codes(r.get<std::string>(11)))
    order.tickets.push_back({domain::ticket_id(order.invoice_number.value_or(""), ++ordinal), std::move(code)});
  return order;
}

std::vector<order_view> read_orders(const rows& found) {
  std::vector<order_view> orders;
  for (const row r : found) orders.push_back(read_order(r));
  return orders;
}

}  // namespace

awaitable<result<std::vector<order_view>>> postgres_order_store::find(std::span<const order_id> ids, deadline until) {
  const std::vector<order_id> wanted(ids.begin(), ids.end());
  pipeline statements;
  statements.add(find_orders, wanted);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return read_orders(answers->front());
}

awaitable<result<std::vector<order_view>>> postgres_order_store::find_changed(std::span<const known_order> known,
                                                                              deadline until) {
  std::vector<order_id> ids;
  std::vector<timestamp> versions;
  for (const auto& order : known) {
    ids.push_back(order.id);
    versions.emplace_back(std::chrono::microseconds(order.version));
  }
  pipeline statements;
  statements.add(find_changed_orders, ids, versions);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return read_orders(answers->front());
}

}  // namespace ticketd::persistence
