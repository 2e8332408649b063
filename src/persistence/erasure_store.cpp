#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"

#include <string_view>
#include <vector>

namespace ticketd::persistence {
namespace {

using domain::timestamp;

// Of this transaction: it looks through all orders, three times, as those of an address have no index of their own.
constexpr query wait_for_all_orders{"wait_for_all_orders", "SET LOCAL statement_timeout = 0"};

constexpr query events_of_address{"events_of_address", R"(
  SELECT e.id, e.starts_at, e.sale_opens_at, e.sale_closes_at FROM events e
  WHERE e.id IN (SELECT event_id FROM orders WHERE buyer_email = ANY ($1::text[]))
     OR e.id IN (SELECT event_id FROM waiting_orders WHERE buyer_email = ANY ($1::text[])))"};

constexpr query under_way_of_address{"under_way_of_address", R"(
  SELECT now(),
         (SELECT count(*) FROM orders WHERE buyer_email = ANY ($1::text[]) AND status = 'reserved')
         + (SELECT count(*) FROM waiting_orders WHERE buyer_email = ANY ($1::text[])),
         (SELECT count(*) FROM payments p JOIN orders o ON o.id = p.order_id
          WHERE o.buyer_email = ANY ($1::text[]) AND p.status <> 'refunded'))"};

// A pseudonym of the buyer's own for each event, so that the limit a buyer can still be audited, and nothing tells the
// same buyer's orders of two events: the seed is nowhere else.
constexpr query erase_address{"erase_address", R"(
  WITH seed AS MATERIALIZED (SELECT gen_random_uuid()::text AS value),
  erased AS (
    UPDATE orders o
    SET buyer_name = 'erased',
        buyer_email = 'erased-' || substr(encode(sha256(convert_to(seed.value || o.event_id, 'UTF8')), 'hex'), 1, 24)
    FROM seed WHERE o.buyer_email = ANY ($1::text[])
    RETURNING o.id),
  paid AS (
    UPDATE payments p SET payment_method = NULL, traceparent = NULL FROM erased WHERE p.order_id = erased.id)
  SELECT count(*) FROM erased)"};

std::vector<std::string_view> views_of(std::span<const std::string> texts) { return {texts.begin(), texts.end()}; }

}  // namespace

awaitable<result<domain::erasure_context>> postgres_erasure_store::begin(std::span<const std::string> addresses,
                                                                         deadline until) {
  pipeline statements;
  statements.add(begin_transaction)
      .add(wait_for_all_orders)
      .add(events_of_address, views_of(addresses))
      .add(under_way_of_address, views_of(addresses));
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  domain::erasure_context context;
  for (const row r : (*answers)[2]) {
    const domain::sale_window sale{r.get<timestamp>(2), r.get<timestamp>(3)};
    context.events.push_back({r.get<std::string>(0), sale.until_start(r.get<timestamp>(1))});
  }
  const row under_way = answers->back().front();
  context.at = under_way.get<timestamp>(0);
  context.orders_under_way = under_way.get<std::int64_t>(1);
  context.payments_under_way = under_way.get<std::int64_t>(2);
  co_return context;
}

awaitable<result<std::int64_t>> postgres_erasure_store::commit(std::span<const std::string> addresses, deadline until) {
  pipeline statements;
  statements.add(erase_address, views_of(addresses)).add(commit_transaction);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return answers->front().front().get<std::int64_t>(0);
}

awaitable<result<void>> postgres_erasure_store::abandon(deadline until) {
  pipeline statements;
  statements.add(roll_back_transaction);
  return connection_->execute(std::move(statements), until);
}

}  // namespace ticketd::persistence
