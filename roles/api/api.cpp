// The api: takes purchases and answers reads. Any number of replicas run side by side; none keeps anything that
// another would miss.
#include "api/answers.hpp"
#include "api/routes.hpp"
#include "ops_server.hpp"
#include "role.hpp"
#include "schema.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/buy_now.hpp"
#include "ticketd/orders/charge_orders.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/payment/gateway.hpp"

#include <optional>

namespace ticketd::roles::api {
namespace {

using namespace std::chrono_literals;

class api_role final : public role {
 public:
  api_role(const asio::any_io_executor& executor, const config::settings& settings)
      : executor_(executor),
        settings_(settings),
        mint_(settings.secret),
        printer_(settings.secret),
        database_(persistence::make_database(executor, settings.database, metrics_)),
        cache_(settings.is_cache_on ? cache::make_versioned_cache(executor, settings.cache, metrics_) : nullptr),
        events_(executor, *database_, cache_.get(), {}, metrics_),
        availability_(executor, *database_, cache_.get()),
        define_event_(*database_, events_, availability_),
        finder_(executor, *database_),
        purchase_(is_async() ? wire_async() : wire_sync()),
        routes_({events_, define_event_, finder_, mint_, purchase_, settings.admin_token, metrics_}),
        server_(http::make_server(executor, settings.http,
                                  [this](http::request&& request) { return routes_.handle(std::move(request)); })),
        ops_(executor, settings.ops_listen, dependencies(), [this] { return metrics_text(); }) {}

  void start() override {
    ops_.start();
    async::spawn(executor_, "api.serve", serve());
    async::spawn(executor_, "availability.publish", availability_.run());
    async::spawn(executor_, "api.prepare", prepare());
  }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    co_await server_->drain(until);
    if (publisher_) co_await publisher_->drain(until);
    if (charges_) co_await charges_->drain(until);
  }

 private:
  [[nodiscard]] bool is_async() const noexcept { return settings_.purchase == config::purchase_mode::async; }

  purchase_handler wire_async() {
    publisher_ = messaging::make_order_publisher(executor_, settings_.publisher, metrics_);
    place_order_.emplace(events_, finder_, *publisher_, mint_);
    return [this](orders::purchase_request request) -> awaitable<http::response> {
      const deadline until = deadline_in(settings_.publish_timeout);
      co_return answer(co_await (*place_order_)(std::move(request), until));
    };
  }

  // A monolith has no worker, so it also ends holds, and charges what a crash left uncharged.
  purchase_handler wire_sync() {
    if (settings_.is_payments_on) gateway_ = payment::make_gateway(executor_, settings_.gateway, metrics_);
    const auto stock_changed = [this](const std::string& event_id) { availability_.changed(event_id); };
    orders::charge_settings charging;
    charging.in_flight = settings_.charges_in_flight;
    charging.call = settings_.charge_timeout;
    charges_.emplace(executor_, *database_, gateway_.get(), printer_, charging, stock_changed, metrics_);
    const orders::settlement_rules rules{
        .pay = settings_.is_payments_on ? domain::payment_mode::charge : domain::payment_mode::confirm_at_once,
        .store = settings_.settlement};
    buy_now_.emplace(events_, *database_, gateway_.get(), mint_, printer_, rules, charging, stock_changed, metrics_);
    return [this](orders::purchase_request request) -> awaitable<http::response> {
      const deadline until = deadline_in(settings_.charge_timeout + 5s);
      co_return answer(co_await (*buy_now_)(std::move(request), until));
    };
  }

  // A replica gets buyers as soon as its port is open. Before it has reached the broker they wait in the backlog, for a
  // moment, rather than hear that there is none.
  awaitable<> serve() {
    const deadline until = deadline_in(2s);
    asio::steady_timer timer(executor_);
    while (publisher_ && !publisher_->is_ready() && std::chrono::steady_clock::now() < until) {
      timer.expires_after(10ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_await server_->run();
  }

  awaitable<> prepare() {
    co_await bring_schema_up_to_date(executor_, *database_);
    if (settings_.is_demo_on) co_await create_demo_event();
    is_prepared_ = true;
    observability::log_info("api.prepared");
    if (charges_) charges_->start();
    if (cache_) co_await events_.keep_warm();
  }

  awaitable<> create_demo_event() {
    const auto event = catalog::demo_event();
    while (!co_await define_event_(event, domain::define_mode::only_if_absent, deadline_in(5s))) {
      asio::steady_timer timer(executor_, 200ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  std::vector<observability::dependency> dependencies() {
    std::vector<observability::dependency> all;
    all.push_back({"database", [this] { return is_prepared_ && database_->is_reachable(); }});
    if (cache_) all.push_back({"redis", [this] { return cache_->is_up(); }, false});
    if (publisher_) all.push_back({"broker", [this] { return publisher_->is_ready(); }});
    return all;
  }

  std::string metrics_text() {
    metrics_.open_connections.Set(static_cast<double>(server_->open_connections()));
    return metrics_.to_text();
  }

  asio::any_io_executor executor_;
  config::settings settings_;
  observability::metrics metrics_;
  domain::order_id_mint mint_;
  domain::ticket_printer printer_;
  std::unique_ptr<persistence::database> database_;
  std::unique_ptr<cache::versioned_cache> cache_;  // null with --cache=off
  catalog::event_reader events_;
  catalog::availability_publisher availability_;
  catalog::define_event define_event_;
  orders::order_finder finder_;

  // An asynchronous purchase:
  std::unique_ptr<messaging::order_publisher> publisher_;
  std::optional<orders::place_order> place_order_;
  // A synchronous one:
  std::unique_ptr<payment::gateway> gateway_;  // null with --payments=off
  std::optional<orders::charge_orders> charges_;
  std::optional<orders::buy_now> buy_now_;

  purchase_handler purchase_;
  api_routes routes_;
  std::unique_ptr<http::server> server_;
  ops_server ops_;
  bool is_prepared_ = false;
};

}  // namespace
}  // namespace ticketd::roles::api

namespace ticketd::roles {

std::unique_ptr<role> make_api(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<api::api_role>(executor, settings);
}

}  // namespace ticketd::roles
