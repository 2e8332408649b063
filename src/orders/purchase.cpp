#include "ticketd/orders/purchase.hpp"

#include "ticketd/domain/sale_objection.hpp"

#include <utility>

namespace ticketd::orders {

using domain::order_reason;

objection screen(const purchase_request& request, const domain::event_snapshot* event, domain::timestamp at,
                 const domain::charge_bounds& takes) {
  if (event == nullptr) return invalid_purchase{{{flaw_kind::no_such_event}}};

  invalid_purchase invalid;
  const auto* category = event->find_category(request.category_id);
  if (category == nullptr) invalid.flaws.push_back({flaw_kind::no_such_category});
  if (request.quantity < 1 || request.quantity > event->max_per_buyer)
    invalid.flaws.push_back({flaw_kind::quantity, 1, event->max_per_buyer});
  if (category == nullptr || !invalid.flaws.empty()) return invalid;
  if (!is_chargeable(request, *event, takes))
    return invalid_purchase{{{flaw_kind::not_chargeable, takes.least, takes.most}}};

  if (request.price && *request.price != category->price) return repriced_purchase{category->price};
  const auto closed = domain::objection_of(event->selling(), at);
  if (closed != order_reason::none) return refused_purchase{closed};
  if (request.quantity > category->remaining) return refused_purchase{order_reason::sold_out};
  return {};
}

bool is_chargeable(const purchase_request& request, const domain::event_snapshot& event,
                   const domain::charge_bounds& takes) {
  const auto* category = event.find_category(request.category_id);
  return category != nullptr && takes.take(total_of(category->price, request.quantity).amount);
}

std::optional<domain::order_id> mint_id(domain::order_id_mint& mint, const purchase_request& request,
                                        const domain::event_snapshot& event) {
  if (!mint.knows(event.secret_generation)) return std::nullopt;
  const domain::id_subject subject{event.id_layout, event.id, request.buyer.email, event.secret_generation};
  if (request.idempotency_key.empty()) return mint.mint_random(subject);
  return mint.mint(subject, request.idempotency_key);
}

domain::accepted_order accept(purchase_request request, const domain::event_snapshot& event, const domain::order_id& id,
                              domain::timestamp at) {
  const auto* category = event.find_category(request.category_id);
  domain::sale_terms terms{category->price, event.selling(), event.max_per_buyer};
  return {.id = id,
          .event_id = std::move(request.event_id),
          .category_id = std::move(request.category_id),
          .quantity = request.quantity,
          .buyer = std::move(request.buyer),
          .accepted_at = at,
          .traceparent = std::move(request.traceparent),
          .terms = std::move(terms),
          .payment_method = std::move(request.payment_method),
          .id_layout = event.id_layout};
}

}  // namespace ticketd::orders
