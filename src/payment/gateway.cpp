#include "ticketd/payment/gateway.hpp"

#include "payment/stripe.hpp"
#include "ticketd/http/client.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace ticketd::payment {
namespace {

using domain::payment_result;
using http::field;
using http::verb;

class stripe_gateway final : public gateway {
 public:
  stripe_gateway(const asio::any_io_executor& executor, gateway_settings settings, observability::metrics& metrics)
      : settings_(std::move(settings)),
        metrics_(metrics),
        client_(http::make_client(executor, {.url = settings_.url,
                                             .ca_file = settings_.ca_file,
                                             .connections = settings_.connections,
                                             .answer_max = settings_.answer_max})) {}

  awaitable<charge_answer> charge(const charge_request& request, deadline until) override {
    provider_reading reading = co_await ask_for_charge(request, until);
    // A repeat would hear the first answer again, "processing" for ever: the intent itself has to be asked for.
    if (reading.is_processing) reading = co_await ask_for_intent(request, reading.answer.intent_id, until);
    if (is_to_be_found(reading, request)) {
      reading = co_await find_intent(request, until);
      if (reading.answer.result == payment_result::absent) reading.answer.result = payment_result::unknown;  // as yet
    }
    report("payment.charge", name_of(reading.answer.result), request, reading);
    co_return std::move(reading.answer);
  }

  awaitable<charge_answer> look_up(const charge_request& request, deadline until) override {
    provider_reading reading = co_await find_intent(request, until);
    report("payment.look_up", name_of(reading.answer.result), request, reading);
    co_return std::move(reading.answer);
  }

  awaitable<charge_answer> refund(const charge_request& request, std::string_view intent_id, deadline until) override {
    http::request call = make_call(verb::post, "/v1/refunds", request);
    call.set("Idempotency-Key", "refund-" + request.order.to_string());
    call.body() = write_refund(intent_id);
    const auto read = [asked = request.amount](unsigned status, std::string_view body) {
      return read_refund(status, body, asked);
    };
    provider_reading reading = co_await ask(std::move(call), read, until);
    const bool is_done = reading.answer.result == payment_result::succeeded;
    reading.answer.intent_id = intent_id;
    report("payment.refund", is_done ? "refunded" : name_of(reading.answer.result), request, reading);
    co_return std::move(reading.answer);
  }

  awaitable<charge_answer> follow_refund(const charge_request& request, std::string_view refund_id,
                                         deadline until) override {
    http::request question = make_call(verb::get, "/v1/refunds/" + std::string(refund_id), request);
    const auto read = [asked = request.amount](unsigned status, std::string_view body) {
      return read_followed_refund(status, body, asked);
    };
    provider_reading reading = co_await ask(std::move(question), read, until);
    const bool is_done = reading.answer.result == payment_result::succeeded;
    report("payment.refund", is_done ? "refunded" : name_of(reading.answer.result), request, reading);
    co_return std::move(reading.answer);
  }

 private:
  // As the metric's label has it.
  static std::string_view name_of(payment_result result) {
    switch (result) {
      case payment_result::succeeded:
        return "succeeded";
      case payment_result::under_way:
        return "under_way";
      case payment_result::declined:
        return "declined";
      case payment_result::not_done:
        return "not_sent";
      case payment_result::absent:
        return "absent";
      case payment_result::unknown:
        return "unknown";
      case payment_result::our_mistake:
        return "our_mistake";
    }
    return "";
  }

  awaitable<provider_reading> ask_for_charge(const charge_request& request, deadline until) {
    http::request call = make_call(verb::post, "/v1/payment_intents", request);
    call.set("Idempotency-Key", request.order.to_string());
    const bool is_given = !request.payment_method.empty();
    call.body() = write_charge(request, is_given ? request.payment_method : settings_.payment_method);
    const auto read = [request](unsigned status, std::string_view body) { return read_charge(status, body, request); };
    provider_reading reading = co_await ask(std::move(call), read, until);
    co_return reading;
  }

  awaitable<provider_reading> ask_for_intent(const charge_request& request, std::string intent_id, deadline until) {
    http::request question = make_call(verb::get, "/v1/payment_intents/" + intent_id, request);
    const auto read = [request](unsigned status, std::string_view body) { return read_charge(status, body, request); };
    provider_reading reading = co_await ask(std::move(question), read, until);
    // Not the charge, only the question: the charge is under way.
    if (reading.answer.result == payment_result::not_done || reading.answer.result == payment_result::our_mistake)
      reading.answer.result = payment_result::unknown;
    co_return reading;
  }

  // First where the answer is exact. Where there are too many to see them all, or no list is to be had, the search.
  awaitable<provider_reading> find_intent(const charge_request& request, deadline until) {
    const auto read = [request](unsigned status, std::string_view body) { return read_intents(status, body, request); };
    const std::string newest = target_of_list(request.first_asked_at, settings_.clocks_differ);
    http::request question = make_call(verb::get, newest, request);
    provider_reading reading = co_await ask(std::move(question), read, until);
    if (reading.answer.result == payment_result::unknown) {
      question = make_call(verb::get, target_of_search(request.order), request);
      reading = co_await ask(std::move(question), read, until);
    }
    // What became of the question is not what became of the charge.
    if (reading.answer.result == payment_result::not_done) reading.answer.result = payment_result::unknown;
    co_return reading;
  }

  http::request make_call(verb method, std::string_view target, const charge_request& request) const {
    http::request call(method, target, 11);
    call.set(field::authorization, "Bearer " + settings_.api_key);
    call.set(field::user_agent, "ticketd");
    if (method == verb::post) call.set(field::content_type, "application/x-www-form-urlencoded");
    if (const auto trace = observability::forwarded_traceparent(request.traceparent); !trace.empty())
      call.set("traceparent", trace);
    return call;
  }

  awaitable<provider_reading> ask(http::request call, std::function<provider_reading(unsigned, std::string_view)> read,
                                  deadline until) {
    const result<http::response> answer = co_await client_->send(std::move(call), until);
    if (answer) {
      provider_reading reading = read(answer->result_int(), answer->body());
      reading.answer.pace = pace_of(answer->result());
      if (reading.answer.pace == provider_pace::too_much)
        reading.answer.retry_after =
            http::retry_after(*answer, std::chrono::system_clock::now()).value_or(std::chrono::seconds(0));
      co_return reading;
    }
    provider_reading nothing;
    const bool is_sent = answer.error() != http::client_errc::not_sent;
    if (!is_sent) nothing.answer.result = payment_result::not_done;
    const bool is_out_of_time = std::chrono::steady_clock::now() >= until;
    if (!is_sent || is_out_of_time) nothing.answer.pace = provider_pace::too_much;
    nothing.answer.detail = answer.error().message();
    co_return nothing;
  }

  static provider_pace pace_of(http::status status) noexcept {
    if (status == http::status::too_many_requests) return provider_pace::too_much;
    const bool is_answered = status == http::status::ok || status == http::status::payment_required;
    return is_answered ? provider_pace::kept_up : provider_pace::unsaid;
  }

  void report(std::string_view event, std::string_view outcome, const charge_request& request,
              const provider_reading& reading) {
    metrics_.record_charge(outcome);
    const std::string order = request.order.to_string();
    const charge_answer& answer = reading.answer;
    observability::log_order(event, order, request.traceparent,
                             {{"outcome", outcome}, {"intent_id", answer.intent_id}, {"detail", answer.detail}});
    if (reading.is_to_be_looked_at)
      observability::log_error("payment.misunderstood", {{"order", order}, {"call", event}, {"detail", answer.detail}});
  }

  gateway_settings settings_;
  observability::metrics& metrics_;
  std::unique_ptr<http::client> client_;
};

}  // namespace

std::unique_ptr<gateway> make_gateway(const asio::any_io_executor& executor, gateway_settings settings,
                                      observability::metrics& metrics) {
  return std::make_unique<stripe_gateway>(executor, std::move(settings), metrics);
}

}  // namespace ticketd::payment
