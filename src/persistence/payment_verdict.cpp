#include "persistence/payment_verdict.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace ticketd::persistence {
namespace {

using domain::order_status;

constexpr std::array<std::pair<payment_status, std::string_view>, 6> names{{
    {payment_status::pending, "pending"},
    {payment_status::succeeded, "succeeded"},
    {payment_status::declined, "declined"},
    {payment_status::canceled, "canceled"},
    {payment_status::refund_due, "refund_due"},
    {payment_status::refunded, "refunded"},
}};

// The money is in: tickets for it, or the money back. That holds for whatever was thought before: a charge taken for
// declined, or for never sent (canceled) because the process that sent it did not live to say so.
payment_verdict judge_charged(order_status order, bool has_tickets) noexcept {
  const bool is_to_have_tickets = order == order_status::reserved || (order == order_status::expired && has_tickets);
  if (is_to_have_tickets) return {payment_status::succeeded, order_status::confirmed};
  return {payment_status::refund_due, std::nullopt};
}

payment_verdict judge_charge(payment_result outcome, payment_status payment, order_status order,
                             bool has_tickets) noexcept {
  const bool is_money_in = payment == payment_status::succeeded || payment == payment_status::refund_due ||
                           payment == payment_status::refunded;
  if (is_money_in) return {};
  if (outcome == payment_result::succeeded) return judge_charged(order, has_tickets);
  if (payment == payment_status::declined) return {};
  if (outcome == payment_result::unknown) return {payment_status::pending, std::nullopt};
  if (outcome == payment_result::not_sent) {
    // Nobody is charged for an order that is over.
    const bool is_wanted = order == order_status::reserved;
    return {is_wanted ? payment_status::pending : payment_status::canceled, std::nullopt};
  }
  if (order == order_status::reserved) return {payment_status::declined, order_status::payment_failed};
  return {payment_status::declined, std::nullopt};
}

payment_verdict judge_refund(payment_result outcome, payment_status payment) noexcept {
  if (payment != payment_status::refund_due) return {};
  switch (outcome) {
    case payment_result::succeeded:
      return {payment_status::refunded, std::nullopt};
    // The provider has nothing of ours to give back.
    case payment_result::declined:
      return {payment_status::declined, std::nullopt};
    case payment_result::unknown:
    case payment_result::not_sent:
      return {payment_status::refund_due, std::nullopt};
  }
  return {};
}

}  // namespace

std::string_view to_string(payment_status status) noexcept {
  return std::ranges::find(names, status, &std::pair<payment_status, std::string_view>::first)->second;
}

payment_status parse_payment_status(std::string_view text) {
  const auto* const found = std::ranges::find(names, text, &std::pair<payment_status, std::string_view>::second);
  if (found == names.end()) throw std::logic_error("the schema knows a payment status that this executable does not");
  return found->first;
}

payment_verdict judge(payment_task task, payment_result outcome, payment_status payment, order_status order,
                      bool has_tickets) noexcept {
  return task == payment_task::charge ? judge_charge(outcome, payment, order, has_tickets)
                                      : judge_refund(outcome, payment);
}

}  // namespace ticketd::persistence
