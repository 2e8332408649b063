#include "persistence/stock_ledger.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace ticketd::persistence {
namespace {

constexpr query move_stock{"move_stock", R"(
  UPDATE categories c SET sold = c.sold + d.sold, held = c.held + d.held
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS d (event_id, id, sold, held)
  WHERE c.event_id = d.event_id AND c.id = d.id)"};

// The number of the last invoice stands in the event's own row, under its lock, so a transaction that is rolled back
// leaves no gap. An event without a new one keeps its own.
constexpr query write_events_query{"write_events", R"(
  UPDATE events e SET revision = e.revision + 1, last_invoice = greatest(e.last_invoice, d.last_invoice)
  FROM unnest($1::text[], $2::bigint[]) AS d (id, last_invoice)
  WHERE e.id = d.id)"};

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

void stock_ledger::confirm(std::string_view event_id, std::string_view category_id, int quantity,
                           std::int64_t invoice) {
  change_of(event_id, category_id).sold += quantity;
  std::int64_t& last = last_invoices_[std::string(event_id)];
  last = std::max(last, invoice);
}

void stock_ledger::write(pipeline& to) const {
  if (changes_.empty()) return;
  write_stock(to);
  write_events(to);
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

}  // namespace ticketd::persistence
