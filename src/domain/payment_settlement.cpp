#include "ticketd/domain/payment_settlement.hpp"

#include "ticketd/domain/payment_verdict.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>

namespace ticketd::domain {
namespace {

payment_decision begin_decision(charged_order order) {
  payment_decision decision;
  decision.was_reserved = order.status == order_status::reserved;
  decision.order = std::move(order);
  return decision;
}

// A payment's attempts are numbered, so an outcome that is recorded twice counts once. What was looked up and is absent
// says so of all attempts until then.
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

// By the terms that the buyer saw; by the event's where the order is older than they are.
int max_per_buyer(const charged_order& order) { return order.terms_max_per_buyer.value_or(order.event_max_per_buyer); }

// Nobody wants both: an order for the event that was accepted after this one had expired is the one that is wanted.
bool has_bought_again(const charged_order& expired) {
  return expired.newest_other_accepted_at && *expired.newest_other_accepted_at > expired.updated_at;
}

void set_status(payment_change& change, payment_status status) {
  change.status = status;
  change.is_kept = !ends_with_order(status);
  change.is_due = next_task(status).has_value();
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

  // Those that go by what the others come to first, and then by the latest order of a buyer.
  void consider_all(std::span<const payment_outcome> outcomes) {
    std::vector<const payment_outcome*> late;
    for (const auto& outcome : outcomes)
      if (is_late_success(outcome))
        late.push_back(&outcome);
      else
        consider(outcome);
    if (late.empty()) return;
    know_buyers();
    put_latest_orders_first(late);
    for (const auto* outcome : late) consider(*outcome);
  }

  std::vector<payment_decision> take() {
    std::erase_if(decisions_,
                  [](const payment_decision& decision) { return !decision.has_new_status && !decision.payment; });
    return std::move(decisions_);
  }

 private:
  using buyer_of_event = std::pair<std::string_view, std::string_view>;

  static buyer_of_event buyer_of(const charged_order& order) { return {order.event_id, order.buyer_email}; }

  [[nodiscard]] bool is_late_success(const payment_outcome& outcome) const {
    const auto place = places_.find(outcome.order);
    return place != places_.end() && decisions_[place->second].order.status == order_status::expired &&
           outcome.task == payment_task::charge && outcome.result == payment_result::succeeded;
  }

  void know_buyers() {
    for (const auto& decision : decisions_) orders_of_buyers_.emplace(buyer_of(decision.order), &decision.order);
    for (const auto& order : context_.passed_over) orders_of_buyers_.emplace(buyer_of(order), &order);
  }

  // In the places that the buyer's have among the others'.
  void put_latest_orders_first(std::vector<const payment_outcome*>& late) const {
    const auto order_of = [this](const payment_outcome* outcome) -> const charged_order& {
      return decisions_[places_.at(outcome->order)].order;
    };
    std::map<buyer_of_event, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < late.size(); ++i) places[buyer_of(order_of(late[i]))].push_back(i);
    for (const auto& [buyer, theirs] : places) {
      std::vector<const payment_outcome*> sorted;
      for (const auto place : theirs) sorted.push_back(late[place]);
      std::ranges::stable_sort(sorted, std::greater<>(),
                               [&](const auto* outcome) { return order_of(outcome).accepted_at; });
      for (std::size_t i = 0; i < theirs.size(); ++i) late[theirs[i]] = sorted[i];
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

  // Whether an expired order can still be served: there are tickets left, and its buyer wants them and may have them.
  [[nodiscard]] bool may_have_tickets(const charged_order& order) {
    if (has_bought_again(order) || has_served_later_order(order)) return false;
    return remaining_of(order) >= order.quantity && max_per_buyer(order) - tickets_of_buyer(order) >= order.quantity;
  }

  // As far as this batch has come.
  [[nodiscard]] bool has_served_later_order(const charged_order& expired) const {
    const auto [first, last] = orders_of_buyers_.equal_range(buyer_of(expired));
    return std::any_of(first, last, [&](const auto& known) {
      return known.second->accepted_at > expired.updated_at && holds_tickets(known.second->status);
    });
  }

  static void change_payment(payment_decision& decision, payment_status status, const payment_outcome& outcome) {
    decision.order.payment = status;
    if (!decision.payment) decision.payment.emplace();
    payment_change& change = *decision.payment;
    set_status(change, status);
    change.attempts_not_done = decision.order.attempts_not_done;
    change.is_on_hold = decision.order.status == order_status::reserved;
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
    if (decision.payment) decision.payment->is_on_hold = false;
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
    tickets_of_buyer(order) += order.quantity;
  }

  void give_back(payment_decision& decision) {
    decision.reason = order_reason::payment_declined;
    const charged_order& order = decision.order;
    remaining_of(order) += order.quantity;
    tickets_of_buyer(order) -= order.quantity;  // only looked at where one of the buyer's has expired: then it is known
  }

  int& remaining_of(const charged_order& order) { return context_.remaining[{order.event_id, order.category_id}]; }
  int& tickets_of_buyer(const charged_order& order) {
    return context_.tickets_of_buyer[{order.event_id, order.buyer_email}];
  }

  payment_context& context_;
  ticket_printer& printer_;
  std::vector<payment_decision> decisions_;
  std::unordered_map<order_id, std::size_t> places_;
  std::multimap<buyer_of_event, const charged_order*> orders_of_buyers_;  // where there is a late success
};

}  // namespace

payment_context context_of(payment_reading reading) {
  auto context = std::move(reading.of_all);
  if (!reading.locked) return context;
  const auto is_ours = [&](const charged_order& order) {
    return context.last_invoices.contains(order.event_id) &&
           reading.locked->categories.contains({order.event_id, order.category_id}) &&
           reading.locked->orders.contains(order.id);
  };
  const auto others = std::ranges::stable_partition(context.orders, is_ours);
  context.passed_over.assign(std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  context.orders.erase(others.begin(), others.end());
  return context;
}

bool payment_decision::is_confirmed_now() const noexcept {
  return has_new_status && order.status == order_status::confirmed;
}

std::optional<std::string_view> payment_decision::charge_id() const noexcept {
  if (!is_confirmed_now() || !payment) return std::nullopt;
  return payment->intent_id;
}

std::vector<payment_decision> settle_payments(payment_context context, std::span<const payment_outcome> outcomes,
                                              ticket_printer& printer) {
  settler settler(context, printer);
  settler.consider_all(outcomes);
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
    payment_change& change = decision.payment.emplace();
    set_status(change, decision.order.payment);
    change.attempts_not_done = decision.order.attempts_not_done;
  }
  return decisions;
}

}  // namespace ticketd::domain
