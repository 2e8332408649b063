#include "ticketd/domain/charge_attempts.hpp"

#include <algorithm>

namespace ticketd::domain {
namespace {

// Of the first attempt that may have charged.
timestamp::duration age_of(const due_payment& due, timestamp now) noexcept {
  return now - due.first_asked_at.value_or(now);
}

}  // namespace

bool is_in_doubt(const due_payment& due) noexcept { return due.attempts_not_done < due.attempts - 1; }

bool is_to_be_looked_up(const due_payment& due, timestamp now, const attempt_terms& terms) noexcept {
  const bool is_turn_of_look_up = is_in_doubt(due) && due.attempts % 2 == 1;
  return is_turn_of_look_up || age_of(due, now) >= terms.key_memory;
}

payment_result judge_look_up(payment_result seen, const due_payment& due, timestamp now,
                             const attempt_terms& terms) noexcept {
  const auto age = age_of(due, now);
  // An earlier call may still be at work on it: until it must be over, only a success is an end.
  const bool is_young = age < terms.call * terms.calls_at_work;
  const bool may_change = seen == payment_result::declined || seen == payment_result::our_mistake;
  if (is_young && may_change) return payment_result::unknown;
  const bool is_certain = age >= terms.key_memory + terms.look_up_lag;
  if (seen == payment_result::absent && !is_certain) return payment_result::unknown;
  return seen;
}

std::chrono::milliseconds wait_before_next(const due_payment& due, const attempt_terms& terms) noexcept {
  constexpr int doublings_max = 20;  // beyond any bound that is set
  const auto most = due.task == payment_task::follow_refund ? terms.follow_most : terms.retry_most;
  return std::min(terms.retry_first * (1 << std::clamp(due.attempts - 1, 0, doublings_max)), most);
}

}  // namespace ticketd::domain
