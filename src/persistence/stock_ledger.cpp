#include "persistence/stock_ledger.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::persistence {
namespace {

constexpr query move_stock{"move_stock", R"(
  UPDATE categories c SET sold = c.sold + d.sold, held = c.held + d.held
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS d (event_id, id, sold, held)
  WHERE c.event_id = d.event_id AND c.id = d.id)"};

// The number of the last invoice stands in the event's own row, under its lock, so a transaction that is rolled back leaves
// no gap. An event without a new one keeps its own.
constexpr query write_events_query{"write_events", R"(
  UPDATE events e SET revision = e.revision + 1, last_invoice = greatest(e.last_invoice, d.last_invoice)
  FROM unnest($1::text[], $2::bigint[]) AS d (id, last_invoice)
  WHERE e.id = d.id)"};

constexpr query write_invoices_query{"write_invoices", R"(
  INSERT INTO invoices (event_id, number, order_id, amount, currency)
  SELECT event_id, number, order_id, amount, currency
  FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[])
         AS i (event_id, number, order_id, amount, currency))"};

constexpr query write_tickets_query{"write_tickets", R"(
  INSERT INTO tickets (order_id, ordinal, code)
  SELECT order_id, ordinal, code FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS t (order_id, ordinal, code))"};

}  // namespace

stock_ledger::stock_change& stock_ledger::change_of(std::string_view event_id, std::string_view category_id) {
  last_invoices_.try_emplace(std::string(event_id), 0);
  return changes_[{std::string(event_id), std::string(category_id)}];
}

void stock_ledger::reserve(std::string_view event_id, std::string_view category_id, int quantity) {
  change_of(event_id, category_id).held += quantity;
}

void stock_ledger::give_back(std::string_view event_id, std::string_view category_id, int quantity) {
  change_of(event_id, category_id).held -= quantity;
}

void stock_ledger::confirm(ticket_sale sale, bool was_reserved) {
  auto& change = change_of(sale.event_id, sale.category_id);
  const auto quantity = static_cast<std::int32_t>(sale.ticket_codes.size());
  change.sold += quantity;
  if (was_reserved) change.held -= quantity;
  std::int64_t& last = last_invoices_[std::string(sale.event_id)];
  last = std::max(last, sale.invoice);
  sales_.push_back(std::move(sale));
}

void stock_ledger::write(pipeline& to) const {
  if (changes_.empty()) return;
  write_stock(to);
  write_events(to);
  if (sales_.empty()) return;
  write_invoices(to);
  write_tickets(to);
}

void stock_ledger::write_stock(pipeline& to) const {
  std::vector<std::string_view> events;
  std::vector<std::string_view> categories;
  std::vector<std::int32_t> sold;
  std::vector<std::int32_t> held;
  for (const auto& [key, change] : changes_) {
    events.push_back(key.first);
    categories.push_back(key.second);
    sold.push_back(change.sold);
    held.push_back(change.held);
  }
  to.add(move_stock, events, categories, sold, held);
}

void stock_ledger::write_events(pipeline& to) const {
  std::vector<std::string_view> events;
  std::vector<std::int64_t> last;
  for (const auto& [event, number] : last_invoices_) {
    events.push_back(event);
    last.push_back(number);
  }
  to.add(write_events_query, events, last);
}

void stock_ledger::write_invoices(pipeline& to) const {
  std::vector<std::string_view> events;
  std::vector<std::int64_t> numbers;
  std::vector<domain::order_id> orders;
  std::vector<std::int64_t> amounts;
  std::vector<std::string_view> currencies;
  for (const auto& sale : sales_) {
    events.push_back(sale.event_id);
    numbers.push_back(sale.invoice);
    orders.push_back(sale.order);
    amounts.push_back(sale.total.amount);
    currencies.push_back(sale.total.currency);
  }
  to.add(write_invoices_query, events, numbers, orders, amounts, currencies);
}

void stock_ledger::write_tickets(pipeline& to) const {
  std::vector<domain::order_id> orders;
  std::vector<std::int32_t> ordinals;
  std::vector<std::string_view> codes;
  for (const auto& sale : sales_) {
    std::int32_t ordinal = 0;
    for (const auto& code : sale.ticket_codes) {
      orders.push_back(sale.order);
      ordinals.push_back(++ordinal);
      codes.push_back(code);
    }
  }
  to.add(write_tickets_query, orders, ordinals, codes);
}

}  // namespace ticketd::persistence
