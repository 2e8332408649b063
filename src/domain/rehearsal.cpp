#include "ticketd/domain/rehearsal.hpp"

#include <cstdint>

namespace ticketd::domain {
namespace {

bool has_ticket_for(const category_stock& category, timestamp accepted_at) noexcept {
  const sale_window selling = category.selling();
  return selling.has_opened(accepted_at) && !selling.has_closed(accepted_at) && category.remaining() > 0;
}

order_id id_of_nobody(const order_id& like) {
  auto bytes = like.value();
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(~byte);
  return order_id(bytes);
}

}  // namespace

const category_stock* choose_category(std::span<const rehearsal_candidate> candidates, timestamp accepted_at) noexcept {
  const category_stock* first = nullptr;
  for (const auto& candidate : candidates) {
    if (candidate.has_waiting) continue;
    if (has_ticket_for(candidate.category, accepted_at)) return &candidate.category;
    if (first == nullptr) first = &candidate.category;
  }
  return first;
}

accepted_order as_if_for(const category_stock& other, const accepted_order& order) {
  accepted_order moved = with_longest_buyer_text(order);
  moved.id = id_of_nobody(order.id);
  moved.event_id = other.event_id;
  moved.category_id = other.category_id;
  moved.quantity = 1;
  moved.terms.reset();
  return moved;
}

}  // namespace ticketd::domain
