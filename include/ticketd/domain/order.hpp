// An order: what a buyer asked for, and what became of it.
//
// Values: any thread.
#pragma once

#include "ticketd/domain/buyer.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::domain {

//  queued -> reserved -> confirmed
//     |         |-> payment_failed (payment_declined)
//     |         `-> expired (hold_expired) -> confirmed, if a late charge turns out to have succeeded
//     |-> confirmed, where there is nothing to pay
//     `-> rejected (sold_out, limit_exceeded, sale_not_open, sale_closed, not_available)
enum class order_status { queued, reserved, confirmed, rejected, payment_failed, expired };

enum class order_reason {
  none,
  sold_out,
  limit_exceeded,
  sale_not_open,
  sale_closed,
  not_available,  // it was accepted, and can be decided no more: its event or category is gone
  payment_declined,
  hold_expired,
};

[[nodiscard]] std::string_view to_string(order_status status) noexcept;
[[nodiscard]] std::string_view to_string(order_reason reason) noexcept;  // "" for none
[[nodiscard]] std::optional<order_status> parse_order_status(std::string_view text) noexcept;
[[nodiscard]] std::optional<order_reason> parse_order_reason(std::string_view text) noexcept;  // "" is none

// Whether an order in this state has tickets taken out of its category's stock.
[[nodiscard]] bool holds_tickets(order_status status) noexcept;

// An order that the api has said yes to: what travels to the settler. `accepted_at` is the moment by which the sale
// window is judged.
struct accepted_order {
  order_id id;
  std::string event_id;
  std::string category_id;
  int quantity = 0;
  domain::buyer buyer;
  timestamp accepted_at;
  std::string traceparent;            // W3C Trace Context, or empty
  std::optional<sale_terms> terms{};  // what the buyer saw; none if a replica of before messages carried it accepted it
  std::string payment_method{};       // what the provider is to charge, or empty: the setting's
  domain::id_layout id_layout = domain::id_layout::by_event;  // of `id`; not in the message: its seal says so
};

// The same order without any text that its buyer wrote: where the database takes this one and not the other, it is the
// text that it refuses.
[[nodiscard]] accepted_order without_buyer_text(accepted_order order);

// The same with the longest and strangest text that is let in; each order has a buyer of its own. What refuses this one
// refuses more than one buyer's.
[[nodiscard]] accepted_order with_longest_buyer_text(accepted_order order);

// What is settled of an order of which no more can be read than its id: one ticket, for nobody knows whom, accepted at
// the latest when it was found. What can be read goes over it.
[[nodiscard]] accepted_order remains_of(const order_id& id, timestamp found_at);

struct ticket {
  std::string id;
  std::string code;
};

// An order as its buyer may read it.
struct order_view {
  order_id id;
  order_status status = order_status::queued;
  order_reason reason = order_reason::none;
  std::string event_id;
  std::string category_id;
  int quantity = 0;
  money total;
  std::vector<ticket> tickets;
  std::optional<std::string> invoice_number;
  timestamp created_at;
  timestamp updated_at;
  bool is_charge_open = false;  // it has expired, and nobody can say yet whether it was charged: it may be confirmed
};

}  // namespace ticketd::domain
