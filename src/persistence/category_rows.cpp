#include "persistence/category_rows.hpp"

#include "ticketd/domain/timestamp.hpp"

#include <cstdint>
#include <string>

namespace ticketd::persistence {
namespace {

// The columns of read_category().
#define TICKETD_CATEGORY                                                                    \
  "SELECT c.event_id, c.id, c.capacity, c.sold, c.held, c.price_amount, c.price_currency, " \
  "e.sale_opens_at, e.sale_closes_at, e.max_per_buyer, e.starts_at"

// An order for a category that was retired is as little available as one for a category that never existed.
constexpr query read_stock{"read_stock", TICKETD_CATEGORY R"(
  FROM events e JOIN categories c ON c.event_id = e.id
  WHERE e.id = ANY ($1::text[]) AND NOT c.is_retired)"};

constexpr query read_categories_elsewhere{"read_categories_elsewhere", TICKETD_CATEGORY R"(,
         EXISTS (SELECT FROM waiting_orders w WHERE w.event_id = c.event_id)
  FROM events e JOIN categories c ON c.event_id = e.id
  WHERE e.id <> $1::text
  ORDER BY random() LIMIT 1000)"};
#undef TICKETD_CATEGORY

}  // namespace

void add_stock(pipeline& to, const std::vector<std::string_view>& events) { to.add(read_stock, events); }

void add_categories_elsewhere(pipeline& to, std::string_view event_id) { to.add(read_categories_elsewhere, event_id); }

domain::category_stock read_category(const row& r) {
  domain::category_stock category;
  category.event_id = r.get<std::string>(0);
  category.category_id = r.get<std::string>(1);
  category.capacity = r.get<std::int32_t>(2);
  category.sold = r.get<std::int32_t>(3);
  category.held = r.get<std::int32_t>(4);
  category.price = {r.get<std::int64_t>(5), r.get<std::string>(6)};
  category.sale = {r.get<domain::timestamp>(7), r.get<domain::timestamp>(8)};
  category.max_per_buyer = r.get<std::int32_t>(9);
  category.starts_at = r.get<domain::timestamp>(10);
  return category;
}

domain::rehearsal_candidate read_candidate(const row& r) {
  return {.category = read_category(r), .has_waiting = r.get<bool>(11)};
}

}  // namespace ticketd::persistence
