#include "ticketd/domain/erasure.hpp"

#include <algorithm>

namespace ticketd::domain {

erasure_obstacle find_obstacle(const erasure_context& context) noexcept {
  const bool is_any_on_sale = std::ranges::any_of(
      context.events, [&](const event_ordered_for& event) { return !event.selling.has_closed(context.at); });
  if (is_any_on_sale) return erasure_obstacle::sale_runs;
  if (context.orders_under_way > 0) return erasure_obstacle::order_under_way;
  if (context.payments_under_way > 0) return erasure_obstacle::payment_under_way;
  return erasure_obstacle::none;
}

}  // namespace ticketd::domain
