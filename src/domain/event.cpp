#include "ticketd/domain/event.hpp"

#include <algorithm>

namespace ticketd::domain {

std::string_view to_string(sale_status status) noexcept {
  switch (status) {
    case sale_status::scheduled:
      return "scheduled";
    case sale_status::on_sale:
      return "on_sale";
    case sale_status::sold_out:
      return "sold_out";
    case sale_status::closed:
      return "closed";
  }
  return "";
}

sale_window event_snapshot::selling() const noexcept { return sale.until_start(starts_at); }

sale_status event_snapshot::status(timestamp at) const noexcept {
  if (selling().has_closed(at)) return sale_status::closed;
  if (!selling().has_opened(at)) return sale_status::scheduled;
  const bool has_tickets_left =
      std::ranges::any_of(categories, [](const category_view& category) { return category.remaining > 0; });
  return has_tickets_left ? sale_status::on_sale : sale_status::sold_out;
}

const category_view* event_snapshot::find_category(std::string_view category_id) const noexcept {
  const auto found = std::ranges::find(categories, category_id, &category_view::id);
  return found == categories.end() ? nullptr : &*found;
}

bool is_slug(std::string_view text) noexcept {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= slug_bytes_max && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace ticketd::domain
