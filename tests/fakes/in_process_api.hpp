// What a test of the api in process stands on: its dispatcher and its routes on fakes, and a way to ask them.
#pragma once

#include "api/answers.hpp"
#include "api/availability_streams.hpp"
#include "api/endpoints.hpp"
#include "api/headers.hpp"
#include "api/missing_secrets.hpp"
#include "api/purchasing.hpp"
#include "api/watcher_room.hpp"
#include "fakes/in_process.hpp"
#include "problems.hpp"
#include "support/request_bodies.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/config/admin.hpp"
#include "ticketd/http/cors.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/orders/watch_orders.hpp"
#include "ticketd/text/sha256.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::test {

inline const std::string page_origin = "https://tickets.example";
inline const std::string token = "the-admin-token-of-the-tests";
inline constexpr std::size_t watchers_max = 3;
inline constexpr std::chrono::seconds wait_most{20};
inline constexpr std::chrono::milliseconds purchase_budget = std::chrono::seconds(3);

inline boost::json::value json_of(const http::response& answer) { return boost::json::parse(answer.body()); }

// Remembers what it was asked to buy.
class fake_purchasing final : public roles::api::purchasing {
 public:
  std::optional<orders::purchase_request> bought;
  deadline until{};
  orders::elsewhere elsewhere = orders::elsewhere::no;
  bool is_hanging = false;
  std::chrono::milliseconds takes{0};

  awaitable<roles::api::purchase_answer> buy(orders::purchase_request request, deadline by) override {
    bought = std::move(request);
    until = by;
    if (is_hanging) {
      asio::steady_timer never(co_await asio::this_coro::executor, by);
      co_await never.async_wait(asio::use_awaitable);
      co_return roles::api::purchase_answer{roles::api::refuse(roles::problems::unavailable, "")};
    }
    co_return roles::api::purchase_answer{http::make_json(http::status::accepted, "{}"), elsewhere};
  }
  std::chrono::milliseconds usual_time() const override { return takes; }
  bool is_ready() const override { return true; }
  bool sells_without_database() const override { return true; }
  void start() override {}
  awaitable<> drain(deadline) override { co_return; }
  std::vector<observability::dependency> dependencies() const override { return {}; }
};

// The base of a fixture, or the fixture. Its database has the event "gig".
struct in_process_api : in_process {
  catalog::event_reader reader{
      io.get_executor(), database, nullptr, clock, {.reading = roles::api::time_budgets{}.read}, metrics};
  catalog::availability_publisher publisher{io.get_executor(), database, nullptr, {}};
  catalog::define_event define{database, reader, publisher, domain::id_layout::by_event, ""};
  // For longer than anybody here waits.
  orders::order_finder finder{io.get_executor(), database, {.query = std::chrono::hours(1)}};
  fake_purchasing purchases;
  std::vector<config::admin> admins{{"ada", text::sha256(token)}, {"bob", text::sha256("the-token-of-bob")}};
  orders::watch_orders watch{io.get_executor(), database, clock, {}, metrics};
  http::event_streams streams{io.get_executor(), {}, metrics};
  roles::api::availability_streams availability{
      io.get_executor(), reader, clock, {.read = roles::api::time_budgets{}.read}};
  roles::api::watcher_room room{watchers_max};
  roles::api::event_routes events{reader, define, {availability, streams, room}, clock, {}, admins};
  roles::api::request_age age;
  roles::api::standing_queue queue;
  roles::api::missing_secrets missing{reader, mint, clock};
  roles::api::order_routes orders{purchases, finder, {watch.watchers(), streams, room, wait_most}, mint, missing, clock,
                                  age,       queue};
  roles::api::endpoint_dispatcher dispatcher;

  explicit in_process_api(roles::api::time_budgets budgets = {.purchase = purchase_budget},
                          std::span<const roles::api::endpoint> table = roles::api::endpoints())
      : dispatcher{{events, orders},
                   budgets,
                   admins,
                   clock,
                   age,
                   queue,
                   http::cors(roles::api::cors_settings_of({page_origin})),
                   metrics,
                   table} {
    database.events.event = gig(clock.at);
    database.events.context.is_new = true;
  }

  using headers = std::vector<std::pair<http::field, std::string>>;

  http::response ask(http::verb method, const std::string& target, std::string body = "",
                     const std::string& bearer = "", const headers& more = {}) {
    http::request request(method, target, 11);
    request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : more) request.insert(name, value);
    if (!bearer.empty()) request.set(http::field::authorization, "Bearer " + bearer);
    request.body() = std::move(body);
    return run_coroutine(io, dispatcher.handle(std::move(request)));
  }
};

}  // namespace ticketd::test
