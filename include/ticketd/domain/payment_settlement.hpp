// What a batch of the provider's answers, or the end of holds, makes of orders, payments and stock.
//
// Pure functions over what the database said under lock, as allocation.hpp is for new orders. Thread: any; a printer is
// for one at a time.
#pragma once

#include "ticketd/domain/invoice.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::domain {

// An order and its payment.
struct charged_order {
  order_id id;
  std::string event_id;
  std::string category_id;
  std::string buyer_email;
  int quantity = 0;
  order_status status = order_status::reserved;
  payment_status payment = payment_status::pending;
  int attempts = 0;           // how often the provider was to be asked
  int attempts_not_done = 0;  // so many of these, from the first, did nothing: it was not reached, or turned them away
  timestamp accepted_at{};
  timestamp updated_at{};  // when it came to its status; an expired one: when it expired
  // How many tickets a buyer may have: by the terms that this one saw, if they are known, and by the event.
  std::optional<int> terms_max_per_buyer{};
  int event_max_per_buyer = 1;
  // Of one that has expired: when the newest of its buyer's orders for the event was accepted, of those that hold
  // tickets and are not in the context.
  std::optional<timestamp> newest_other_accepted_at{};
};

// What must be known to settle payments.
struct payment_context {
  std::vector<charged_order> orders;
  // Nothing can be decided about these: somebody else holds what they need. But their buyers have them.
  std::vector<charged_order> passed_over{};
  // By event and category: tickets that are neither sold nor held. No entry is none.
  std::map<std::pair<std::string, std::string>, int> remaining;
  // By event and buyer, where one of the orders has expired: the tickets that the buyer has sold or held, as there may
  // have been another order meanwhile. No entry is none.
  std::map<std::pair<std::string, std::string>, int> tickets_of_buyer{};
  domain::last_invoices last_invoices;
};

// What of a reading's rows is locked, where what somebody else holds was passed over; of its events these are the ones
// in last_invoices.
struct locked_payments {
  std::set<std::pair<std::string, std::string>> categories{};  // (event, category)
  std::set<order_id> orders{};
};

// What the database said of the orders that outcomes are of.
struct payment_reading {
  payment_context of_all;                   // none is passed over yet
  std::optional<locked_payments> locked{};  // empty: all of it
};

// Only what is locked whole, event, category and order, is decided: the rest is somebody else's at the moment.
[[nodiscard]] payment_context context_of(payment_reading reading);

// What becomes of a payment's row.
struct payment_change {
  payment_status status = payment_status::pending;
  int attempts_not_done = 0;
  bool is_kept = true;                                // else all that is left to know of it stands with its order
  bool is_on_hold = false;                            // else its hold is over, and does not end again
  bool is_due = true;                                 // at its time; else the provider is asked nothing more
  std::optional<std::string> intent_id{};             // where it is new
  std::optional<std::string> refund_id{};             // where it is new
  std::optional<std::chrono::milliseconds> due_in{};  // from now, where its time is a new one
};

// What becomes of one order and its payment.
struct payment_decision {
  charged_order order;  // with the status that it has from now on
  bool was_reserved = false;
  bool has_new_status = false;
  order_reason reason = order_reason::none;  // of a new status
  std::optional<payment_change> payment{};   // where it changes
  std::int64_t invoice = 0;                  // of one that is confirmed now
  std::vector<std::string> ticket_codes{};   // the same

  [[nodiscard]] bool is_confirmed_now() const noexcept;
  // The provider's id of the charge that it is confirmed for.
  [[nodiscard]] std::optional<std::string_view> charge_id() const noexcept;
};

// One outcome after the other; but late successes, charges that succeeded after their holds expired, come after all the
// others. Such an order is confirmed if there are tickets left and its buyer has not bought again (nobody wants both),
// else its refund becomes due: the last ticket goes to the first of them, and of one buyer's the latest order comes
// first. Orders of which nothing changes have no decision; nor do outcomes of orders that are not in the context.
[[nodiscard]] std::vector<payment_decision> settle_payments(payment_context context,
                                                            std::span<const payment_outcome> outcomes,
                                                            ticket_printer& printer);

// The holds of these orders are over. A payment of which no attempt can have done anything ends with its hold
// (canceled); one whose outcome is unknown is asked about until it is known.
[[nodiscard]] std::vector<payment_decision> expire_holds(payment_context context);

}  // namespace ticketd::domain
