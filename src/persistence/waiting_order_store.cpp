#include "persistence/postgres_stores.hpp"
#include "persistence/waiting_rows.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace ticketd::persistence {
namespace {

using domain::accepted_order;
using domain::order_id;
using domain::timestamp;

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

constexpr query delete_waiting{"take_out_of_waiting", "DELETE FROM waiting_orders WHERE order_id = ANY ($1::uuid[])"};

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

// The rows of `waiting_orders`, column by column.
class waiting_columns {
 public:
  void add(const accepted_order& order) {
    events_.push_back(order.event_id);
    ids_.push_back(order.id);
    categories_.push_back(order.category_id);
    quantities_.push_back(order.quantity);
    names_.push_back(order.buyer.name);
    emails_.push_back(order.buyer.email);
    accepted_.push_back(order.accepted_at);
    traces_.push_back(order.traceparent);
    methods_.push_back(order.payment_method);
    layouts_.push_back(static_cast<std::int32_t>(order.id_layout));
    add_terms(order.terms ? &*order.terms : nullptr);
  }

  void write(pipeline& to) const {
    to.add(write_waiting, events_, ids_, categories_, quantities_, names_, emails_, accepted_, traces_, methods_,
           layouts_, amounts_, currencies_, opens_, closes_, limits_);
  }

 private:
  void add_terms(const domain::sale_terms* terms) {
    amounts_.push_back(terms ? std::optional(terms->price.amount) : std::nullopt);
    currencies_.push_back(terms ? std::optional<std::string_view>(terms->price.currency) : std::nullopt);
    opens_.push_back(terms ? std::optional(terms->window.opens_at) : std::nullopt);
    closes_.push_back(terms ? std::optional(terms->window.closes_at) : std::nullopt);
    limits_.push_back(terms ? std::optional<std::int32_t>(terms->max_per_buyer) : std::nullopt);
  }

  std::vector<std::string_view> events_, categories_, names_, emails_, traces_, methods_;
  std::vector<order_id> ids_;
  std::vector<std::int32_t> quantities_, layouts_;
  std::vector<timestamp> accepted_;
  std::vector<std::optional<std::int64_t>> amounts_;
  std::vector<std::optional<std::string_view>> currencies_;
  std::vector<std::optional<timestamp>> opens_, closes_;
  std::vector<std::optional<std::int32_t>> limits_;
};

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

}  // namespace

void add_waiting(pipeline& to, std::span<const accepted_order> orders, const std::vector<std::size_t>& indices) {
  if (indices.empty()) return;
  waiting_columns columns;
  for (const auto index : indices) columns.add(orders[index]);
  columns.write(to);
}

void take_out_of_waiting(pipeline& to, std::span<const accepted_order> orders, const std::vector<std::size_t>& but) {
  std::set<order_id> ids;
  for (const auto& order : orders) ids.insert(order.id);
  for (const auto index : but) ids.erase(orders[index].id);
  to.add(delete_waiting, std::vector<order_id>(ids.begin(), ids.end()));
}

awaitable<result<std::vector<std::string>>> postgres_waiting_order_store::events(deadline until) {
  pipeline statements;
  statements.add(list_waiting_events);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<std::string> events;
  for (const row r : answers->front()) events.push_back(r.get<std::string>(0));
  co_return events;
}

awaitable<result<std::vector<accepted_order>>> postgres_waiting_order_store::orders_of(std::string_view event_id,
                                                                                       std::size_t most,
                                                                                       deadline until) {
  pipeline statements;
  statements.add(list_waiting_orders, event_id, static_cast<std::int64_t>(most));
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<accepted_order> orders;
  for (const row r : answers->front()) orders.push_back(read_waiting_order(r, event_id));
  co_return orders;
}

}  // namespace ticketd::persistence
