// A replica behind Nginx: what has waited for too long, and what another replica is to be asked.
#include "api/headers.hpp"
#include "fakes/in_process_api.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;
using http::verb;
using fixture = test::in_process_api;
using test::purchase_body;

TEST_CASE("what has waited for too long is not begun while a queue stands here", "[endpoints]") {
  fixture on;
  const auto waited = [&](std::chrono::milliseconds age, verb method = verb::get,
                          const std::string& target = "/api/v1/events/gig") {
    http::request request(method, target, 11);
    const auto taken_at = std::chrono::duration_cast<std::chrono::milliseconds>((on.clock.at - age).time_since_epoch());
    request.set(headers::request_start, fmt::format("t={}.{:03}", taken_at.count() / 1000, taken_at.count() % 1000));
    return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
  };
  CHECK(waited(0ms) == 200);
  CHECK(waited(3000ms) == 200);  // from another replica, which hung
  for (int i = 0; i < 10; ++i) {
    CHECK(waited(900ms) == 200);
    on.clock.at += 50ms;
  }
  CHECK(waited(1000ms) == 200);
  CHECK(on.metrics.requests_shed.Value() == 0);
  CHECK(waited(1001ms) == 503);
  CHECK(on.metrics.requests_shed.Value() == 1);
  // Nor is a purchase that will have.
  on.purchases.takes = 300ms;
  CHECK(waited(700ms, verb::post, "/api/v1/orders") != 503);
  CHECK(waited(701ms, verb::post, "/api/v1/orders") == 503);
  CHECK(waited(701ms) == 200);
  CHECK(waited(10ms) == 200);
  CHECK(waited(1001ms) == 200);
}

TEST_CASE("a purchase says how long Nginx has had it, and whether the key is Nginx's", "[endpoints]") {
  fixture on;
  const auto buy = [&](const std::string& taken_at, const std::string& key_of_nginx) {
    http::request request(verb::post, "/api/v1/orders", 11);
    request.set(http::field::content_type, "application/json");
    request.set("Idempotency-Key", "key");
    if (!taken_at.empty()) request.set(headers::request_start, taken_at);
    if (!key_of_nginx.empty()) request.set(headers::key_of_nginx, key_of_nginx);
    request.body() = purchase_body;
    test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
    return *on.purchases.bought;
  };
  CHECK_FALSE(buy("", "").waited);
  CHECK_FALSE(buy("", "").is_key_of_nginx);
  CHECK(buy("t=1767225600.500", "1").waited == 0ms);
  CHECK(buy("t=1767225600.100", "1").waited == 400ms);
  CHECK(buy("t=1767225600.100", "1").is_key_of_nginx);
}

TEST_CASE("Nginx, and nobody else, is asked to try another replica", "[endpoints]") {
  fixture on;
  on.purchases.elsewhere = orders::elsewhere::maybe;
  CHECK(on.ask(verb::post, "/api/v1/orders", purchase_body).result_int() == 202);
  http::request request(verb::post, "/api/v1/orders", 11);
  request.set(http::field::content_type, "application/json");
  request.set(headers::request_start, "t=1767225600.123");
  request.body() = purchase_body;
  const auto answer = test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
  CHECK(answer.result_int() == 502);
  CHECK(answer["X-Accel-Redirect"] == "/.problem/503");
}

TEST_CASE("what is slow here is for another replica, unless there is too much for all of them", "[endpoints]") {
  fixture on;
  on.purchases.elsewhere = orders::elsewhere::unless_overloaded;
  const auto buy = [&](std::chrono::milliseconds waited) {
    const auto taken_at = std::chrono::floor<std::chrono::milliseconds>(on.clock.at.time_since_epoch()) - waited;
    http::request request(verb::post, "/api/v1/orders", 11);
    request.set(http::field::content_type, "application/json");
    request.set(headers::request_start, fmt::format("t={}.{:03}", taken_at.count() / 1000, taken_at.count() % 1000));
    request.body() = purchase_body;
    on.clock.at += 50ms;
    on.io.restart();
    return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
  };
  CHECK(buy(0ms) == 502);
  for (int i = 0; i < 10; ++i) buy(200ms);
  CHECK(buy(200ms) == 202);  // what the fake answers
  on.purchases.elsewhere = orders::elsewhere::maybe;
  CHECK(buy(200ms) == 502);
}

TEST_CASE("what can't be read from here is for another replica, what is slow is not", "[endpoints]") {
  fixture on;
  const auto id = on.mint.mint_random({}).to_string();
  for (const std::string target : {"/api/v1/events", "/api/v1/events/gig", "/api/v1/events/gig/availability"}) {
    CAPTURE(target);
    const auto ask = [&](test::database_errc error, bool is_through_nginx) {
      on.database.on_acquire.then(error);
      http::request request(verb::get, target, 11);
      if (is_through_nginx) request.set(headers::request_start, "t=1767225600.123");
      on.io.restart();
      return test::run_coroutine(on.io, on.dispatcher.handle(std::move(request))).result_int();
    };
    CHECK(ask(test::database_errc::unreachable, true) == 502);
    CHECK(ask(test::database_errc::unreachable, false) == 503);
    CHECK(ask(test::database_errc::statement_timeout, true) == 503);
  }
  on.database.on_acquire.then(test::database_errc::unreachable);
  http::request request(verb::get, "/api/v1/orders/" + id, 11);
  request.set(headers::request_start, "t=1767225600.123");
  const auto answer = test::run_coroutine(on.io, on.dispatcher.handle(std::move(request)));
  CHECK(answer.result_int() == 502);
}
