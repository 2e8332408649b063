// A provider of a test's own: answers as it is told to, and counts who asked.
#pragma once

#include "ticketd/payment/gateway.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ticketd::test {

class fake_gateway : public payment::gateway {
 public:
  // By the order that is asked about.
  std::function<domain::payment_result(const domain::order_id&)> answer_with = [](const auto&) {
    return domain::payment_result::succeeded;
  };
  // What else the answers say.
  payment::provider_pace pace = payment::provider_pace::kept_up;
  std::chrono::seconds retry_after{0};
  std::map<domain::order_id, int> charges, refunds, look_ups;
  std::map<std::string, int, std::less<>> followed;  // refunds, by their id
  deadline last_deadline{};

  awaitable<payment::charge_answer> charge(const payment::charge_request& request, deadline until) override {
    last_deadline = until;
    ++charges[request.order];
    co_return answer(request.order);
  }
  awaitable<payment::charge_answer> look_up(const payment::charge_request& request, deadline until) override {
    last_deadline = until;
    ++look_ups[request.order];
    co_return answer(request.order);
  }
  awaitable<payment::charge_answer> refund(const payment::charge_request& request, std::string_view,
                                           deadline until) override {
    last_deadline = until;
    ++refunds[request.order];
    co_return answer(request.order);
  }
  awaitable<payment::charge_answer> follow_refund(const payment::charge_request& request, std::string_view refund_id,
                                                  deadline until) override {
    last_deadline = until;
    ++followed[std::string(refund_id)];
    co_return answer(request.order);
  }

 private:
  payment::charge_answer answer(const domain::order_id& order) {
    payment::charge_answer answer;
    answer.result = answer_with(order);
    answer.pace = pace;
    answer.retry_after = retry_after;
    if (answer.result == domain::payment_result::succeeded) answer.intent_id = "pi_" + order.to_string();
    if (answer.result == domain::payment_result::under_way) answer.refund_id = "re_" + order.to_string();
    return answer;
  }
};

}  // namespace ticketd::test
