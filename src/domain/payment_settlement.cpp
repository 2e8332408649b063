#include "ticketd/domain/payment_settlement.hpp"

#include "ticketd/domain/payment_verdict.hpp"

#include <algorithm>
#include <unordered_map>

namespace ticketd::domain {
namespace {

payment_decision begin_decision(charged_order order) {
  payment_decision decision;
  decision.was_reserved = order.status == order_status::reserved;
  decision.order = std::move(order);
  return decision;
}

bool is_certainly_not_done(payment_result result) noexcept {
  return result == payment_result::not_done || result == payment_result::absent ||
         result == payment_result::our_mistake;
}

// A payment's attempts are numbered, so an outcome that is recorded twice counts once. What was looked up and is absent says so
// of all attempts until then.
void note_not_done(charged_order& order, const payment_outcome& outcome) {
  if (outcome.task != payment_task::charge || !is_certainly_not_done(outcome.result)) return;
  const bool is_next = outcome.attempt == order.attempts_not_done + 1;
  const bool is_of_all = outcome.result == payment_result::absent && outcome.attempt > order.attempts_not_done;
  if (is_next || is_of_all) order.attempts_not_done = outcome.attempt;
}

// Of all attempts: one that certainly did nothing says nothing about an earlier one of which nothing was heard.
payment_result result_so_far(const charged_order& order, const payment_outcome& outcome) {
  if (!is_certainly_not_done(outcome.result)) return outcome.result;
  return order.attempts_not_done == order.attempts ? outcome.result : payment_result::unknown;
}

bool is_to_be_asked_again(payment_result result) noexcept {
  return result != payment_result::succeeded && result != payment_result::declined;
}

class settler {
 public:
  settler(payment_context& context, ticket_printer& printer) : context_(context), printer_(printer) {
    decisions_.reserve(context.orders.size());
    for (auto& order : context.orders) {
      places_.emplace(order.id, decisions_.size());
      decisions_.push_back(begin_decision(std::move(order)));
    }
  }

  void consider(const payment_outcome& outcome) {
    const auto place = places_.find(outcome.order);
    if (place == places_.end()) return;
    payment_decision& decision = decisions_[place->second];
    charged_order& order = decision.order;
    note_not_done(order, outcome);
    const auto verdict =
        judge(outcome.task, result_so_far(order, outcome), order.payment, order.status, may_have_tickets(order));
    if (verdict.payment) change_payment(decision, *verdict.payment, outcome);
    if (verdict.order) change_order(decision, *verdict.order);
  }

  std::vector<payment_decision> take() {
    std::erase_if(decisions_,
                  [](const payment_decision& decision) { return !decision.has_new_status && !decision.payment; });
    return std::move(decisions_);
  }

 private:
  // Whether an expired order can still be served: there are tickets left, and its buyer wants them and may have them.
  [[nodiscard]] bool may_have_tickets(const charged_order& order) {
    if (order.has_bought_again) return false;
    const auto allowance = context_.allowances.find({order.event_id, order.buyer_email});
    return remaining_of(order) >= order.quantity &&
           (allowance == context_.allowances.end() || allowance->second >= order.quantity);
  }

  static void change_payment(payment_decision& decision, payment_status status, const payment_outcome& outcome) {
    decision.order.payment = status;
    if (!decision.payment) decision.payment.emplace();
    payment_change& change = *decision.payment;
    change.status = status;
    change.attempts_not_done = decision.order.attempts_not_done;
    if (outcome.task == payment_task::charge && outcome.result == payment_result::succeeded)
      change.intent_id = outcome.intent_id;
    if (status == payment_status::refund_pending && !outcome.refund_id.empty()) change.refund_id = outcome.refund_id;
    if (is_to_be_asked_again(outcome.result))
      change.due_in = outcome.ask_again;
    else if (status == payment_status::refund_due)
      change.due_in = std::chrono::milliseconds(0);
  }

  void change_order(payment_decision& decision, order_status status) {
    decision.order.status = status;
    decision.has_new_status = true;
    if (status == order_status::confirmed)
      confirm(decision);
    else
      give_back(decision);
  }

  void confirm(payment_decision& decision) {
    const charged_order& order = decision.order;
    decision.reason = order_reason::none;
    decision.invoice = next_invoice(context_.last_invoices, order.event_id);
    decision.ticket_codes = printer_.codes(order.id, order.quantity);
    if (decision.was_reserved) return;
    remaining_of(order) -= order.quantity;
    context_.allowances[{order.event_id, order.buyer_email}] -= order.quantity;
  }

  void give_back(payment_decision& decision) {
    decision.reason = order_reason::payment_declined;
    remaining_of(decision.order) += decision.order.quantity;
  }

  int& remaining_of(const charged_order& order) { return context_.remaining[{order.event_id, order.category_id}]; }

  payment_context& context_;
  ticket_printer& printer_;
  std::vector<payment_decision> decisions_;
  std::unordered_map<order_id, std::size_t> places_;
};

}  // namespace

std::vector<payment_decision> settle_payments(payment_context context, std::span<const payment_outcome> outcomes,
                                              ticket_printer& printer) {
  settler settler(context, printer);
  for (const auto& outcome : outcomes) settler.consider(outcome);
  return settler.take();
}

std::vector<payment_decision> expire_holds(payment_context context) {
  std::vector<payment_decision> decisions;
  decisions.reserve(context.orders.size());
  for (auto& order : context.orders) {
    payment_decision& decision = decisions.emplace_back(begin_decision(std::move(order)));
    // What is no longer reserved was ended by somebody who does not know that its payment has to be told.
    if (decision.was_reserved) {
      decision.order.status = order_status::expired;
      decision.has_new_status = true;
      decision.reason = order_reason::hold_expired;
    }
    const bool is_never_charged = decision.order.payment == payment_status::pending &&
                                  decision.order.attempts == decision.order.attempts_not_done;
    if (is_never_charged) decision.order.payment = payment_status::canceled;
    decision.payment = {.status = decision.order.payment, .attempts_not_done = decision.order.attempts_not_done};
  }
  return decisions;
}

}  // namespace ticketd::domain
