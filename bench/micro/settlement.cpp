// What the worker decides of a batch, between what it reads from the database and what it writes there.
#include "samples.hpp"
#include "subject.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/ticket_code.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace ticketd::bench {

namespace {

// As it is while a sale runs: all buyers are new.
domain::settlement_context sample_context() {
  const auto event = sample_event();
  domain::settlement_context context;
  for (const auto& category : event.categories)
    context.categories.push_back({.event_id = event.id,
                                  .category_id = category.id,
                                  .capacity = category.capacity,
                                  .sold = category.capacity - category.remaining,
                                  .price = category.price,
                                  .sale = event.sale,
                                  .starts_at = event.starts_at,
                                  .max_per_buyer = event.max_per_buyer});
  return context;
}

std::function<void()> allocate_batch() {
  return [orders = sample_orders(orders_of_batch), context = sample_context()] {
    keep(domain::allocate(context, orders, domain::payment_mode::charge));
  };
}

// Of orders that need not be paid for; those of the others are printed when they are.
std::function<void()> print_tickets() {
  auto orders = sample_orders(orders_of_batch);
  auto allocation = domain::allocate(sample_context(), orders, domain::payment_mode::confirm_at_once);
  for (const auto& decision : allocation.decisions)
    if (decision.status != domain::order_status::confirmed) throw std::logic_error("a sample is not confirmed");
  return [printer = std::make_shared<domain::ticket_printer>(known_secrets), orders = std::move(orders),
          allocation = std::move(allocation)]() mutable { domain::print_tickets(allocation, orders, *printer); };
}

}  // namespace

std::vector<subject> settlement_subjects() {
  return {{"allocate_batch", orders_of_batch, allocate_batch}, {"print_tickets", orders_of_batch, print_tickets}};
}

}  // namespace ticketd::bench
