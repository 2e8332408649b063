#include "ticketd/domain/event_definition.hpp"

#include <algorithm>

namespace ticketd::domain {
namespace {

// Whether the definition has room for what is sold and held already, at money that it was sold for. A category that it
// leaves out has no room for anything.
bool has_room_for(const event_definition& event, const taken_category& taken) {
  const auto defined = std::ranges::find(event.categories, taken.id, &category_definition::id);
  return defined != event.categories.end() && defined->capacity >= taken.tickets &&
         defined->price.currency == taken.currency;
}

}  // namespace

bool has_time_to_sell(const sale_window& sale) noexcept { return sale.opens_at < sale.closes_at; }

bool may_buy_as_many_as_allowed(const event_definition& event, const charge_bounds& takes) noexcept {
  return std::ranges::all_of(event.categories, [&](const category_definition& category) {
    return takes.take(category.price.amount) && takes.take(category.price.amount * event.max_per_buyer);
  });
}

define_outcome decide_definition(const event_definition& event, const definition_context& context, define_mode mode) {
  if (!context.is_as_expected) return define_outcome::not_as_expected;
  if (context.is_new) return define_outcome::created;
  if (mode == define_mode::only_if_absent) return define_outcome::left_as_it_is;
  const bool fits =
      std::ranges::all_of(context.taken, [&](const taken_category& taken) { return has_room_for(event, taken); });
  return fits ? define_outcome::replaced : define_outcome::capacity_conflict;
}

}  // namespace ticketd::domain
