#include "ticketd/domain/payment_verdict.hpp"

namespace ticketd::domain {
namespace {

bool is_money_in(payment_status payment) noexcept {
  switch (payment) {
    case payment_status::succeeded:
    case payment_status::refund_due:
    case payment_status::refund_pending:
    case payment_status::refunded:
    case payment_status::refund_failed:
      return true;
    case payment_status::pending:
    case payment_status::declined:
    case payment_status::canceled:
      break;
  }
  return false;
}

// Tickets for it, or the money back. That holds for whatever was thought before: a charge taken for declined, or for
// never charged (canceled) because the process that sent it did not live to say so.
payment_verdict judge_charged(order_status order, bool has_tickets) noexcept {
  const bool is_to_have_tickets = order == order_status::reserved || (order == order_status::expired && has_tickets);
  if (is_to_have_tickets) return {payment_status::succeeded, order_status::confirmed};
  return {payment_status::refund_due, std::nullopt};
}

payment_verdict judge_declined(order_status order) noexcept {
  if (order == order_status::reserved) return {payment_status::declined, order_status::payment_failed};
  return {payment_status::declined, std::nullopt};
}

// Nobody is charged for an order that is over.
payment_verdict judge_not_done(order_status order) noexcept {
  const bool is_wanted = order == order_status::reserved;
  return {is_wanted ? payment_status::pending : payment_status::canceled, std::nullopt};
}

payment_verdict judge_charge(payment_result outcome, payment_status payment, order_status order,
                             bool has_tickets) noexcept {
  if (is_money_in(payment)) return {};
  if (outcome == payment_result::succeeded) return judge_charged(order, has_tickets);
  if (payment == payment_status::declined) return {};
  switch (outcome) {
    case payment_result::succeeded:
      break;  // judged above
    case payment_result::declined:
      return judge_declined(order);
    case payment_result::not_done:
    case payment_result::absent:
    case payment_result::our_mistake:
      return judge_not_done(order);
    case payment_result::under_way:
    case payment_result::unknown:
      return {payment_status::pending, std::nullopt};
  }
  return {};
}

payment_verdict judge_refund(payment_result outcome, payment_status payment) noexcept {
  const bool is_open = payment == payment_status::refund_due || payment == payment_status::refund_pending;
  if (!is_open) return {};
  switch (outcome) {
    case payment_result::succeeded:
      return {payment_status::refunded, std::nullopt};
    case payment_result::declined:
      return {payment_status::refund_failed, std::nullopt};
    case payment_result::under_way:
      return {payment_status::refund_pending, std::nullopt};
    case payment_result::not_done:
    case payment_result::absent:
    case payment_result::unknown:
    case payment_result::our_mistake:
      return {payment, std::nullopt};  // due, or on its way, as before
  }
  return {};
}

}  // namespace

payment_verdict judge(payment_task task, payment_result outcome, payment_status payment, order_status order,
                      bool has_tickets) noexcept {
  return task == payment_task::charge ? judge_charge(outcome, payment, order, has_tickets)
                                      : judge_refund(outcome, payment);
}

}  // namespace ticketd::domain
