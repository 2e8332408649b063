#include "persistence/settlement_writes.hpp"

#include "persistence/stock_writes.hpp"
#include "persistence/ticket_codes.hpp"
#include "persistence/waiting_rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {
namespace {

using domain::accepted_order;
using domain::order_id;
using domain::timestamp;

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

// The rows of `orders`, column by column.
class order_columns {
 public:
  void add(const accepted_order& order, const domain::decision& decision) {
    add_purchase(order);
    statuses_.push_back(to_string(decision.status));
    const bool has_reason = decision.reason != domain::order_reason::none;
    reasons_.push_back(has_reason ? std::optional(to_string(decision.reason)) : std::nullopt);
    amounts_.push_back(decision.total.amount);
    currencies_.push_back(decision.total.currency);
    invoices_.push_back(decision.is_confirmed() ? std::optional(decision.invoice) : std::nullopt);
    codes_.push_back(decision.is_confirmed() ? std::optional(join_codes(decision.ticket_codes)) : std::nullopt);
  }

  void write(pipeline& to) const {
    to.add(write_orders_query, ids_, events_, categories_, quantities_, names_, emails_, statuses_, reasons_, amounts_,
           currencies_, accepted_, limits_, layouts_, invoices_, codes_);
  }

 private:
  void add_purchase(const accepted_order& order) {
    ids_.push_back(order.id);
    events_.push_back(order.event_id);
    categories_.push_back(order.category_id);
    quantities_.push_back(order.quantity);
    names_.push_back(order.buyer.name);
    emails_.push_back(order.buyer.email);
    accepted_.push_back(order.accepted_at);
    limits_.push_back(order.terms ? std::optional<std::int32_t>(order.terms->max_per_buyer) : std::nullopt);
    layouts_.push_back(static_cast<std::int32_t>(order.id_layout));
  }

  std::vector<order_id> ids_;
  std::vector<std::string_view> events_, categories_, names_, emails_, statuses_, currencies_;
  std::vector<std::optional<std::string_view>> reasons_;
  std::vector<std::optional<std::string>> codes_;
  std::vector<std::int32_t> quantities_, layouts_;
  std::vector<std::int64_t> amounts_;
  std::vector<std::optional<std::int64_t>> invoices_;
  std::vector<timestamp> accepted_;
  std::vector<std::optional<std::int32_t>> limits_;
};

void add_orders(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation) {
  order_columns columns;
  for (const auto& decision : allocation.decisions) columns.add(orders[decision.order], decision);
  columns.write(to);
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
    if (!decision.has_to_be_paid()) continue;
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

}  // namespace

void add_settlement(pipeline& to, std::span<const accepted_order> orders, const domain::allocation& allocation,
                    domain::order_source from, const domain::new_payment& payment) {
  if (!allocation.decisions.empty()) {
    add_orders(to, orders, allocation);
    add_payments(to, orders, allocation, payment);
    add_stock_changes(to, domain::changes_of(orders, allocation));
  }
  if (from == domain::order_source::queue)
    add_waiting(to, orders, allocation.deferred);
  else
    take_out_of_waiting(to, orders, allocation.deferred);  // decided now, or known to be before
}

}  // namespace ticketd::persistence
