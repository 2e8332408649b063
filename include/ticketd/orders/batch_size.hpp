// How many orders are settled in one transaction: as many as come, as long as it ends well within its deadline.
//
// A batch that ran out of time, or came near it, makes the next ones half as large, down to one order; each that fitted
// lets them grow back. So a database that is slow settles in smaller steps, rather than the same batch for ever.
//
// A plain class: no I/O, one thread.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <chrono>
#include <cstddef>
#include <span>

namespace ticketd::orders {

struct batch_bounds {
  std::size_t orders_max = messaging::batch_max_most;
  // A ticket of a free order is a row to write, and a code to print. More: longer locks, and more memory.
  std::size_t tickets_max = 20'000;
};

class batch_size {
 public:
  explicit batch_size(batch_bounds bounds) : bounds_(bounds), limit_(bounds.orders_max) {}

  // How many of these, from the front, make the next batch; at least one, however many tickets it asks for.
  [[nodiscard]] std::size_t of(std::span<const domain::accepted_order> orders) const noexcept;

  // So many orders were settled in this time, of the time that they had.
  void fitted(std::size_t orders, std::chrono::nanoseconds took, std::chrono::nanoseconds allowed) noexcept;
  // So many orders were not settled in time.
  void ran_out_of_time(std::size_t orders) noexcept;

 private:
  batch_bounds bounds_;
  std::size_t limit_;  // orders
};

}  // namespace ticketd::orders
