// The gateway against the sandbox, over real sockets, on one thread: every outcome, and one charge whatever happens.
#include "ticketd/payment/gateway.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/server.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/sandbox/sandbox.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
using domain::payment_result;

struct provider {
  explicit provider(sandbox::sandbox_settings settings)
      : stand_in(sandbox::make_provider(context.get_executor(), settings)) {
    const auto handle = [this](http::request&& request) {
      last = request;
      return stand_in->handle(std::move(request));
    };
    server = http::make_server(context.get_executor(), {}, handle);
    async::spawn(context.get_executor(), "server", server->run());
    payment::gateway_settings to_it;
    to_it.url = "http://127.0.0.1:" + std::to_string(server->port());
    to_it.api_key = "sk_test";
    gateway = payment::make_gateway(context.get_executor(), to_it, metrics);
  }

  payment::charge_answer charge(const payment::charge_request& request, std::chrono::milliseconds patience = 10s) {
    return test::run_coroutine(context, gateway->charge(request, deadline_in(patience)));
  }
  payment::charge_answer refund(const payment::charge_request& request, std::string_view intent) {
    return test::run_coroutine(context, gateway->refund(request, intent, deadline_in(10s)));
  }
  bool counts(const std::string& what, int value) const {
    return stand_in->metrics_text().find("\nticketd_sandbox_" + what + " " + std::to_string(value) + "\n") !=
           std::string::npos;
  }
  bool recorded(const std::string& outcome, int value) const {
    return metrics.to_text().find("ticketd_charges_total{outcome=\"" + outcome + "\"} " + std::to_string(value)) !=
           std::string::npos;
  }

  asio::io_context context{1};
  std::unique_ptr<sandbox::provider> stand_in;
  observability::metrics metrics;
  http::request last;
  std::unique_ptr<http::server> server;
  std::unique_ptr<payment::gateway> gateway;
};

sandbox::sandbox_settings prompt() {
  sandbox::sandbox_settings settings;
  settings.latency = 2ms;
  settings.jitter = 1ms;
  return settings;
}

payment::charge_request for_order(std::uint8_t number) {
  payment::charge_request request;
  request.order = domain::order_id(domain::order_id::bytes{number});
  request.amount = {600000, "TRY"};
  request.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return request;
}

}  // namespace

TEST_CASE("gateway: a charge succeeds, once however often it is asked for") {
  provider to(prompt());
  const auto request = for_order(1);
  const auto first = to.charge(request);
  CHECK(first.result == payment_result::succeeded);
  CHECK(to.last["Idempotency-Key"] == request.order.to_string());
  CHECK(to.last[http::field::authorization] == "Bearer sk_test");
  CHECK(to.last["traceparent"] == request.traceparent);

  const auto again = to.charge(request);
  CHECK(again.result == payment_result::succeeded);
  CHECK(again.intent_id == first.intent_id);
  CHECK(to.counts("charges_total", 1));
  CHECK(to.counts("repeats_total", 1));
  CHECK(to.counts("charged_amount_total", 600000));
  CHECK(to.recorded("succeeded", 2));
}

TEST_CASE("gateway: a decline is a decline each time, after a restart of the provider too") {
  auto settings = prompt();
  settings.decline_rate = 1;
  provider to(settings);
  CHECK(to.charge(for_order(1)).result == payment_result::declined);
  CHECK(to.charge(for_order(1)).result == payment_result::declined);
  CHECK(to.counts("declines_total", 1));
  CHECK(to.counts("charges_total", 0));
  CHECK(to.recorded("declined", 2));
  provider restarted(settings);
  CHECK(restarted.charge(for_order(1)).result == payment_result::declined);
}

TEST_CASE("gateway: an error leaves the outcome unknown, and asking again is one charge") {
  auto settings = prompt();
  settings.error_rate = 0.5;
  provider to(settings);
  int unknown = 0;
  for (std::uint8_t number = 1; number <= 40; ++number) {
    auto answer = to.charge(for_order(number));
    for (; answer.result == payment_result::unknown; answer = to.charge(for_order(number))) ++unknown;
    CHECK(answer.result == payment_result::succeeded);
  }
  CHECK(unknown > 0);
  CHECK(to.counts("charges_total", 40));
  CHECK(to.counts("charged_amount_total", 40 * 600000));
  CHECK_FALSE(to.counts("repeats_total", 0));  // some of the errors came after the charge
}

TEST_CASE("gateway: a provider that hangs has charged, and a repeat learns so") {
  auto settings = prompt();
  settings.hang_rate = 1;
  provider to(settings);
  const auto answer = to.charge(for_order(1), 100ms);
  CHECK(answer.result == payment_result::unknown);
  CHECK(to.counts("charges_total", 1));
  CHECK(to.recorded("unknown", 1));
  // The connection is held until the client leaves, and no longer.
  const auto until = deadline_in(10s);
  while (to.server->open_connections() > 0 && std::chrono::steady_clock::now() < until) to.context.run_one_for(10ms);
  CHECK(to.server->open_connections() == 0);
}

TEST_CASE("gateway: a provider that is not there has not seen the charge") {
  asio::io_context context;
  asio::ip::tcp::acceptor taken(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  observability::metrics metrics;
  payment::gateway_settings settings;
  settings.url = "http://127.0.0.1:" + std::to_string(taken.local_endpoint().port());
  taken.close();
  const auto gateway = payment::make_gateway(context.get_executor(), settings, metrics);
  const auto request = for_order(1);
  CHECK(test::run_coroutine(context, gateway->charge(request, deadline_in(10s))).result == payment_result::not_done);
}

TEST_CASE("gateway: one key with two amounts is nobody's decline") {
  provider to(prompt());
  auto request = for_order(1);
  CHECK(to.charge(request).result == payment_result::succeeded);
  request.payment_method = "pm_card_mastercard";
  CHECK(to.charge(request).result == payment_result::succeeded);  // an idempotency_error: looked up
  request.amount.amount = 1;
  CHECK(to.charge(request).result == payment_result::unknown);  // what is found is of another amount
  CHECK(to.counts("charges_total", 1));
}

TEST_CASE("gateway: a request that the provider does not understand is a mistake of ours") {
  provider to(prompt());
  auto request = for_order(1);
  request.amount.amount = 0;
  CHECK(to.charge(request).result == payment_result::our_mistake);
}

TEST_CASE("gateway: a refund is made once, one of nothing is declined") {
  provider to(prompt());
  const auto request = for_order(1);
  const std::string intent = to.charge(request).intent_id;
  CHECK(to.refund(request, intent).result == payment_result::succeeded);
  CHECK(to.last["Idempotency-Key"] == "refund-" + request.order.to_string());
  CHECK(to.refund(request, intent).result == payment_result::succeeded);
  CHECK(to.refund(for_order(2), intent).result == payment_result::succeeded);  // already refunded, under another key
  CHECK(to.counts("refunds_total", 1));
  CHECK(to.counts("refunded_amount_total", 600000));
  CHECK(to.recorded("refunded", 3));
  CHECK(to.refund(request, "pi_unknown").result == payment_result::declined);
}

TEST_CASE("gateway: what each mood of the provider means") {
  using payment::provider_pace;
  struct meaning {
    sandbox::mood mood;
    payment_result result;
    provider_pace pace;
    int charges;
  };
  using sandbox::mood;
  const meaning meanings[] = {
      {mood::well, payment_result::succeeded, provider_pace::kept_up, 1},
      {mood::unauthorized, payment_result::not_done, provider_pace::unsaid, 0},
      {mood::forbidden, payment_result::not_done, provider_pace::unsaid, 0},
      {mood::too_many_requests, payment_result::not_done, provider_pace::too_much, 0},
      {mood::unavailable, payment_result::unknown, provider_pace::unsaid, 0},
      {mood::invalid_request, payment_result::our_mistake, provider_pace::unsaid, 0},
      {mood::silent, payment_result::unknown, provider_pace::too_much, 1},
      {mood::key_taken, payment_result::succeeded, provider_pace::kept_up, 1},  // the intent is looked up
      {mood::refunds_refused, payment_result::succeeded, provider_pace::kept_up, 1},
      {mood::refunds_pending, payment_result::succeeded, provider_pace::kept_up, 1},
  };
  for (const auto& means : meanings) {
    auto settings = prompt();
    settings.mood = means.mood;
    provider to(settings);
    const auto answer = to.charge(for_order(1), means.mood == mood::silent ? 100ms : 10s);
    CHECK(answer.result == means.result);
    CHECK(answer.pace == means.pace);
    CHECK(answer.retry_after == (means.mood == mood::too_many_requests ? 1s : 0s));
    CHECK(to.counts("charges_total", means.charges));
    const bool is_charged = means.result == payment_result::succeeded;
    CHECK(answer.intent_id.empty() == !is_charged);
  }
}

TEST_CASE("gateway: refunds are refused for good, or under way until the provider is well again") {
  auto settings = prompt();
  settings.mood = sandbox::mood::refunds_refused;
  provider refuses(settings);
  const auto request = for_order(1);
  CHECK(refuses.refund(request, refuses.charge(request).intent_id).result == payment_result::declined);
  CHECK(refuses.counts("refunds_total", 0));

  settings.mood = sandbox::mood::refunds_pending;
  provider waits(settings);
  const auto taken_on = waits.refund(request, waits.charge(request).intent_id);
  CHECK(taken_on.result == payment_result::under_way);
  CHECK_FALSE(taken_on.refund_id.empty());
  const auto ask = [&](provider& of, std::string_view refund_id) {
    return test::run_coroutine(of.context, of.gateway->follow_refund(request, refund_id, deadline_in(10s))).result;
  };
  CHECK(ask(waits, taken_on.refund_id) == payment_result::under_way);
  provider well(prompt());  // another process: it still knows what it gave out
  CHECK(ask(well, taken_on.refund_id) == payment_result::succeeded);
  CHECK(ask(well, "re_unknown") == payment_result::unknown);
}

TEST_CASE("gateway: a payment method that is declined, or unknown, is its own order's fault") {
  provider to(prompt());
  std::uint8_t number = 0;
  const auto charge_with = [&](const std::string& method) {
    auto request = for_order(++number);
    request.payment_method = method;
    return to.charge(request).result;
  };
  for (const auto* method : {"pm_card_visa", "pm_card_mastercard", "pm_card_tr"})
    CHECK(charge_with(method) == payment_result::succeeded);
  for (const auto* method :
       {"pm_card_chargeDeclined", "pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds",
        "pm_card_chargeDeclinedExpiredCard", "pm_card_authenticationRequired"})
    CHECK(charge_with(method) == payment_result::declined);
  CHECK(to.last.body().find("payment_method=pm_card_authenticationRequired") != std::string::npos);
  for (const auto* method : {"pm_card_none", "pm_1", "visa"}) CHECK(charge_with(method) == payment_result::declined);
  CHECK(to.counts("charges_total", 3));
  CHECK(to.counts("declines_total", 5));
}

TEST_CASE("gateway: a charge is found by its order, declined or not, among the newest or by a search") {
  provider to(prompt());
  const auto look_up = [&](payment::charge_request request) {
    return test::run_coroutine(to.context, to.gateway->look_up(request, deadline_in(10s)));
  };
  const std::string intent = to.charge(for_order(1)).intent_id;
  auto refused = for_order(2);
  refused.payment_method = "pm_card_chargeDeclined";
  CHECK(to.charge(refused).result == payment_result::declined);
  CHECK(look_up(for_order(1)).intent_id == intent);
  CHECK(look_up(refused).result == payment_result::declined);
  CHECK(look_up(for_order(3)).result == payment_result::absent);
  // Beyond the hundred that a list has: the search finds it.
  for (std::uint8_t number = 10; number < 120; ++number) {
    const auto charged = to.charge(for_order(number));
    if (charged.result != payment_result::succeeded) FAIL("not charged");
  }
  CHECK(look_up(for_order(1)).intent_id == intent);
  CHECK(std::string_view(to.last.target()).starts_with("/v1/payment_intents/search?"));
  CHECK(look_up(for_order(3)).result == payment_result::absent);
}

TEST_CASE("gateway: a provider that is not there takes nothing, one that breaks off said nothing about that") {
  asio::io_context context;
  asio::ip::tcp::acceptor listener(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  observability::metrics metrics;
  payment::gateway_settings settings;
  settings.url = "http://127.0.0.1:" + std::to_string(listener.local_endpoint().port());
  const auto gateway = payment::make_gateway(context.get_executor(), settings, metrics);
  listener.async_accept([](const auto&, asio::ip::tcp::socket broken) { broken.close(); });
  const auto broken = test::run_coroutine(context, gateway->charge(for_order(1), deadline_in(10s)));
  CHECK(broken.result == payment_result::unknown);
  CHECK(broken.pace == payment::provider_pace::unsaid);
  listener.close();
  context.restart();
  const auto gone = test::run_coroutine(context, gateway->charge(for_order(1), deadline_in(10s)));
  CHECK(gone.result == payment_result::not_done);
  CHECK(gone.pace == payment::provider_pace::too_much);
}

TEST_CASE("gateway: an error that the provider remembers is not asked for again and again: its charge is looked for") {
  asio::io_context context{1};
  int questions = 0;
  auto request = for_order(1);
  const auto server =
      http::make_server(context.get_executor(), {}, [&](http::request&& call) -> awaitable<http::response> {
        if (call.method() == http::verb::post) co_return http::make_json(http::status::internal_server_error, "{}");
        ++questions;
        co_return http::make_json(http::status::ok,
                                  R"({"data": [{"id": "pi_1", "status": "succeeded", "metadata": {"order_id": ")" +
                                      request.order.to_string() + R"("}}], "has_more": false})");
      });
  async::spawn(context.get_executor(), "server", server->run());
  observability::metrics metrics;
  const auto gateway = payment::make_gateway(
      context.get_executor(), {.url = "http://127.0.0.1:" + std::to_string(server->port()), .api_key = "sk_test"},
      metrics);
  const auto charge = [&] { return test::run_coroutine(context, gateway->charge(request, deadline_in(10s))); };
  CHECK(charge().result == payment_result::unknown);
  CHECK(questions == 0);  // an outage is not to cost two calls a charge
  request.is_in_doubt = true;
  CHECK(charge().result == payment_result::succeeded);
  CHECK(questions == 1);
}

TEST_CASE("sandbox: an intent can be read, and a call without our key is refused") {
  provider to(prompt());
  const std::string intent = to.charge(for_order(1)).intent_id;
  const auto ask = [&to](http::verb method, const std::string& target, std::string_view token) {
    http::request request(method, target, 11);
    if (!token.empty()) request.set(http::field::authorization, token);
    return test::run_coroutine(to.context, to.stand_in->handle(std::move(request)));
  };
  const auto found = ask(http::verb::get, "/v1/payment_intents/" + intent, "Bearer x");
  CHECK(found.result_int() == 200);
  CHECK(found.body().find("\"status\":\"succeeded\"") != std::string::npos);
  CHECK(ask(http::verb::get, "/v1/payment_intents/pi_none", "Bearer x").result_int() == 404);
  CHECK(ask(http::verb::get, "/v1/payment_intents/" + intent, "").result_int() == 401);
  CHECK(ask(http::verb::post, "/v1/payment_intents", "Bearer x").result_int() == 400);
}

TEST_CASE("sandbox: each mood answers with its status") {
  using sandbox::mood;
  const std::pair<mood, unsigned> statuses[] = {{mood::well, 200},
                                                {mood::unauthorized, 401},
                                                {mood::forbidden, 403},
                                                {mood::key_taken, 400},
                                                {mood::unavailable, 503},
                                                {mood::too_many_requests, 429},
                                                {mood::invalid_request, 400},
                                                {mood::refunds_refused, 200},
                                                {mood::refunds_pending, 200}};
  for (const auto& [in, status] : statuses) {
    auto settings = prompt();
    settings.mood = in;
    provider to(settings);
    http::request request(http::verb::post, "/v1/payment_intents", 11);
    request.set(http::field::authorization, "Bearer x");
    request.set("Idempotency-Key", "k");
    request.body() = "amount=600&currency=try&confirm=true&payment_method=pm_card_visa";
    const auto answer = test::run_coroutine(to.context, to.stand_in->handle(std::move(request)));
    CHECK(answer.result_int() == status);
    CHECK(answer[http::field::retry_after] == (in == mood::too_many_requests ? "1" : ""));
    const bool is_made = status == 200 || in == mood::key_taken;
    CHECK(to.counts("charges_total", is_made ? 1 : 0));
  }
}
