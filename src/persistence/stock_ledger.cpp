#include "persistence/stock_ledger.hpp"

namespace ticketd::persistence {
namespace {

constexpr query move_stock{"move_stock", R"(
  UPDATE categories c SET sold = c.sold + d.sold, held = c.held + d.held
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS d (event_id, id, sold, held)
  WHERE c.event_id = d.event_id AND c.id = d.id)"};

// Numbers come from the event's own row and its lock, so a transaction that is rolled back leaves no gap.
constexpr query write_invoices_query{"write_invoices", R"(
  WITH changed AS (
    UPDATE events e SET revision = e.revision + 1, last_invoice = e.last_invoice + d.invoices
    FROM unnest($1::text[], $2::integer[]) AS d (id, invoices)
    WHERE e.id = d.id
    RETURNING e.id, e.last_invoice - d.invoices AS last_invoice_before
  )
  INSERT INTO invoices (event_id, number, order_id, amount, currency)
  SELECT changed.id, changed.last_invoice_before + i.place, i.order_id, i.amount, i.currency
  FROM unnest($3::text[], $4::integer[], $5::uuid[], $6::bigint[], $7::text[])
         AS i (event_id, place, order_id, amount, currency)
  JOIN changed ON changed.id = i.event_id)"};

constexpr query write_tickets_query{"write_tickets", R"(
  INSERT INTO tickets (order_id, ordinal, code)
  SELECT order_id, ordinal, code FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS t (order_id, ordinal, code))"};

}  // namespace

stock_ledger::stock_change& stock_ledger::change_of(const std::string& event_id, const std::string& category_id) {
  invoices_.try_emplace(event_id, 0);
  return changes_[{event_id, category_id}];
}

void stock_ledger::reserve(const std::string& event_id, const std::string& category_id, int quantity) {
  change_of(event_id, category_id).held += quantity;
}

void stock_ledger::give_back(const std::string& event_id, const std::string& category_id, int quantity) {
  change_of(event_id, category_id).held -= quantity;
}

void stock_ledger::confirm(const domain::order_id& order, const std::string& event_id, const std::string& category_id,
                           int quantity, const domain::money& total, bool was_reserved) {
  auto& change = change_of(event_id, category_id);
  change.sold += quantity;
  if (was_reserved) change.held -= quantity;
  const auto place = ++invoices_[event_id];
  sales_.push_back({order, event_id, place, quantity, total});
}

void stock_ledger::write(pipeline& to, domain::order_id_mint& mint) const {
  if (changes_.empty()) return;
  write_stock(to);
  write_invoices(to);
  if (!sales_.empty()) write_tickets(to, mint);
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

void stock_ledger::write_invoices(pipeline& to) const {
  std::vector<std::string_view> changed;
  std::vector<std::int32_t> counts;
  for (const auto& [event, count] : invoices_) {
    changed.push_back(event);
    counts.push_back(count);
  }
  std::vector<std::string_view> events;
  std::vector<std::int32_t> places;
  std::vector<domain::order_id> orders;
  std::vector<std::int64_t> amounts;
  std::vector<std::string_view> currencies;
  for (const auto& sale : sales_) {
    events.push_back(sale.event_id);
    places.push_back(sale.place);
    orders.push_back(sale.order);
    amounts.push_back(sale.total.amount);
    currencies.push_back(sale.total.currency);
  }
  to.add(write_invoices_query, changed, counts, events, places, orders, amounts, currencies);
}

void stock_ledger::write_tickets(pipeline& to, domain::order_id_mint& mint) const {
  std::vector<domain::order_id> orders;
  std::vector<std::int32_t> ordinals;
  std::vector<std::string> codes;
  for (const auto& sale : sales_) {
    for (std::int32_t ordinal = 1; ordinal <= sale.quantity; ++ordinal) {
      orders.push_back(sale.order);
      ordinals.push_back(ordinal);
      codes.push_back(mint.ticket_code(sale.order, ordinal));
    }
  }
  to.add(write_tickets_query, orders, ordinals, codes);
}

}  // namespace ticketd::persistence
