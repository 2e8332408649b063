#include "ticketd/domain/allocation.hpp"

#include "ticketd/domain/sale_objection.hpp"

#include <algorithm>

namespace ticketd::domain {
namespace {

class allocator {
 public:
  allocator(settlement_context& context, payment_mode pay) : context_(context), pay_(pay) {
    for (auto& category : context_.categories)
      categories_.emplace(std::pair<std::string_view, std::string_view>(category.event_id, category.category_id),
                          &category);
  }

  void consider(const accepted_order& order, std::size_t index, allocation& into) {
    const auto [known, is_new] = context_.known_orders.emplace(order.id, order.buyer.email);
    if (!is_new) {  // in this batch or before it
      const bool is_of_another = known->second != order.buyer.email && known->second != unknown_buyer;
      if (is_of_another) into.collisions.push_back(index);
      return;
    }
    if (context_.deferred_events.contains(order.event_id)) {
      into.deferred.push_back(index);
      return;
    }
    const auto category = categories_.find({order.event_id, order.category_id});
    if (category == categories_.end())
      into.decisions.push_back(decide_not_available(order, index));
    else
      into.decisions.push_back(decide(order, index, *category->second));
  }

 private:
  decision decide(const accepted_order& order, std::size_t index, category_stock& category) {
    const sale_terms terms =
        order.terms.value_or(sale_terms{category.price, category.selling(), category.max_per_buyer});
    decision decided{.order = index, .total = total_of(terms.price, order.quantity)};
    int& tickets_of_buyer = context_.tickets_of_buyer[{order.event_id, order.buyer.email}];
    decided.reason = find_objection(order, terms, category.remaining(), tickets_of_buyer);
    if (decided.reason != order_reason::none) return decided;

    tickets_of_buyer += order.quantity;
    const bool has_to_be_paid = pay_ == payment_mode::charge && decided.total.amount > 0;
    decided.status = has_to_be_paid ? order_status::reserved : order_status::confirmed;
    (has_to_be_paid ? category.held : category.sold) += order.quantity;
    if (!has_to_be_paid) decided.invoice = next_invoice(context_.last_invoices, order.event_id);
    return decided;
  }

  static order_reason find_objection(const accepted_order& order, const sale_terms& terms, int remaining,
                                     int tickets_of_buyer) {
    const auto closed = objection_of(terms.window, order.accepted_at);
    if (closed != order_reason::none) return closed;
    // Without adding the two, which could overflow for a quantity out of a hand-made message.
    if (order.quantity > terms.max_per_buyer - tickets_of_buyer) return order_reason::limit_exceeded;
    if (order.quantity > remaining) return order_reason::sold_out;
    return order_reason::none;
  }

  settlement_context& context_;
  payment_mode pay_;
  std::map<std::pair<std::string_view, std::string_view>, category_stock*> categories_;
};

}  // namespace

allocation allocate(settlement_context context, std::span<const accepted_order> orders, payment_mode pay) {
  allocation result;
  result.decisions.reserve(orders.size());
  allocator allocator(context, pay);
  for (std::size_t i = 0; i < orders.size(); ++i) allocator.consider(orders[i], i, result);
  return result;
}

decision decide_not_available(const accepted_order& order, std::size_t index) {
  // ISO 4217's code for "no currency", where nobody knows what it would have cost.
  const money price = order.terms ? order.terms->price : money{0, "XXX"};
  return {.order = index, .reason = order_reason::not_available, .total = total_of(price, order.quantity)};
}

void print_tickets(allocation& of, std::span<const accepted_order> orders, ticket_printer& printer) {
  for (auto& decision : of.decisions) {
    if (!decision.is_confirmed()) continue;
    const auto& order = orders[decision.order];
    decision.ticket_codes = printer.codes(order.id, order.quantity);
  }
}

}  // namespace ticketd::domain
