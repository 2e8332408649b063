#include "ticketd/domain/stock_change.hpp"

#include <algorithm>

namespace ticketd::domain {
namespace {

stock_change& change_of(stock_changes& all, const std::string& event_id, const std::string& category_id) {
  all.last_invoices.try_emplace(event_id, 0);
  return all.categories[{event_id, category_id}];
}

void note_invoice(stock_changes& all, const std::string& event_id, std::int64_t number) {
  std::int64_t& last = all.last_invoices[event_id];
  last = std::max(last, number);
}

}  // namespace

stock_changes changes_of(std::span<const accepted_order> orders, const allocation& settled) {
  stock_changes all;
  for (const auto& decision : settled.decisions) {
    const auto& order = orders[decision.order];
    if (decision.has_to_be_paid()) {
      change_of(all, order.event_id, order.category_id).held += order.quantity;
    } else if (decision.is_confirmed()) {
      change_of(all, order.event_id, order.category_id).sold += order.quantity;
      note_invoice(all, order.event_id, decision.invoice);
    }
  }
  return all;
}

stock_changes changes_of(std::span<const payment_decision> decisions) {
  stock_changes all;
  for (const auto& decision : decisions) {
    if (!decision.has_new_status) continue;
    const charged_order& order = decision.order;
    if (decision.was_reserved) change_of(all, order.event_id, order.category_id).held -= order.quantity;
    if (!decision.is_confirmed_now()) continue;
    change_of(all, order.event_id, order.category_id).sold += order.quantity;
    note_invoice(all, order.event_id, decision.invoice);
  }
  return all;
}

}  // namespace ticketd::domain
