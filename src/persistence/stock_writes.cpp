#include "persistence/stock_writes.hpp"

#include <cstdint>
#include <string_view>
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

void add_stock(pipeline& to, const domain::stock_changes& changes) {
  std::vector<std::string_view> events;
  std::vector<std::string_view> categories;
  std::vector<std::int32_t> sold;
  std::vector<std::int32_t> held;
  for (const auto& [key, change] : changes.categories) {
    events.push_back(key.first);
    categories.push_back(key.second);
    sold.push_back(change.sold);
    held.push_back(change.held);
  }
  to.add(move_stock, events, categories, sold, held);
}

void add_events(pipeline& to, const domain::stock_changes& changes) {
  std::vector<std::string_view> events;
  std::vector<std::int64_t> last;
  for (const auto& [event, number] : changes.last_invoices) {
    events.push_back(event);
    last.push_back(number);
  }
  to.add(write_events_query, events, last);
}

}  // namespace

void add_stock_changes(pipeline& to, const domain::stock_changes& changes) {
  if (changes.categories.empty()) return;
  add_stock(to, changes);
  add_events(to, changes);
}

}  // namespace ticketd::persistence
