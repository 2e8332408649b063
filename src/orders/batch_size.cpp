#include "ticketd/orders/batch_size.hpp"

#include <algorithm>

namespace ticketd::orders {

std::size_t batch_size::of(std::span<const domain::accepted_order> orders) const noexcept {
  const auto orders_max = std::min(limit_, orders.size());
  std::size_t tickets = 0;
  for (std::size_t count = 0; count < orders_max; ++count) {
    tickets += static_cast<std::size_t>(std::max(orders[count].quantity, 0));
    if (tickets > bounds_.tickets_max) return std::max<std::size_t>(count, 1);
  }
  return orders_max;
}

void batch_size::fitted(std::size_t orders, std::chrono::nanoseconds took, std::chrono::nanoseconds allowed) noexcept {
  if (took * 2 > allowed)
    ran_out_of_time(orders);
  else if (orders >= limit_)
    limit_ = std::min(limit_ * 2, bounds_.orders_max);
}

void batch_size::ran_out_of_time(std::size_t orders) noexcept { limit_ = std::max<std::size_t>(orders / 2, 1); }

}  // namespace ticketd::orders
