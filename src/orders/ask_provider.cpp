#include "ticketd/orders/ask_provider.hpp"

#include <algorithm>

namespace ticketd::orders {
namespace {

using domain::due_payment;
using domain::payment_task;

payment::charge_request request_for(const due_payment& due) {
  return {.order = due.order,
          .amount = due.amount,
          .traceparent = due.traceparent,
          .payment_method = due.payment_method,
          .first_asked_at = due.first_asked_at,
          .is_in_doubt = domain::is_in_doubt(due)};
}

awaitable<payment::charge_answer> charge_or_look_up(payment::gateway& gateway, const due_payment& due,
                                                    const domain::attempt_terms& terms, domain::timestamp now,
                                                    deadline until) {
  const auto request = request_for(due);
  payment::charge_answer answer;
  if (domain::is_to_be_looked_up(due, now, terms)) {
    answer = co_await gateway.look_up(request, until);
    answer.result = domain::judge_look_up(answer.result, due, now, terms);
  } else {
    answer = co_await gateway.charge(request, until);
  }
  co_return answer;
}

awaitable<payment::charge_answer> ask(payment::gateway& gateway, const due_payment& due,
                                      const domain::attempt_terms& terms, domain::timestamp now, deadline until) {
  const auto request = request_for(due);
  payment::charge_answer answer;
  switch (due.task) {
    case payment_task::charge:
      answer = co_await charge_or_look_up(gateway, due, terms, now, until);
      break;
    case payment_task::refund:
      answer = co_await gateway.refund(request, due.intent_id, until);
      break;
    case payment_task::follow_refund:
      answer = co_await gateway.follow_refund(request, due.refund_id, until);
      break;
  }
  co_return answer;
}

}  // namespace

awaitable<provider_reply> ask_provider(payment::gateway& gateway, due_payment due, const domain::attempt_terms& terms,
                                       domain::timestamp now, deadline until) {
  const auto answer = co_await ask(gateway, due, terms, now, until);
  provider_reply reply;
  reply.pace = answer.pace;
  reply.pause = std::min(answer.retry_after, terms.pause_most);
  reply.outcome = {.order = due.order,
                   .task = due.task,
                   .result = answer.result,
                   .attempt = due.attempts,
                   .intent_id = answer.intent_id,
                   .refund_id = answer.refund_id,
                   .ask_again = std::max<std::chrono::milliseconds>(wait_before_next(due, terms), reply.pause)};
  co_return reply;
}

}  // namespace ticketd::orders
