// The worker: settles the orders of the queue, and charges what it reserved. One settles at a time (the queue sees to
// that), any number charge.
#include "ops_server.hpp"
#include "role.hpp"
#include "schema.hpp"
#include "ticketd/async/signal.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/charge_orders.hpp"
#include "ticketd/orders/settle_orders.hpp"
#include "ticketd/payment/gateway.hpp"

#include <optional>

namespace ticketd::roles::worker {
namespace {

class worker_role final : public role {
 public:
  worker_role(const asio::any_io_executor& executor, const config::settings& settings)
      : executor_(executor),
        settings_(settings),
        printer_(settings.secret),
        ops_(executor, settings.ops_listen, dependencies(), [this] { return metrics_.to_text(); }),
        database_(persistence::make_database(executor, settings.database, metrics_)),
        cache_(settings.is_cache_on ? cache::make_versioned_cache(executor, settings.cache, metrics_) : nullptr),
        gateway_(settings.is_payments_on ? payment::make_gateway(executor, settings.gateway, metrics_) : nullptr),
        availability_(executor, *database_, cache_.get()),
        charges_(executor, *database_, gateway_.get(), printer_, charging(), stock_changed(), metrics_),
        has_settled_(executor) {}

  void start() override {
    ops_.start();
    async::spawn(executor_, "availability.publish", availability_.run());
    async::spawn(executor_, "worker.settle", work());
  }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    if (consumer_) consumer_->stop();
    if (settle_) settle_->stop();
    if (is_settling_) co_await has_settled_.wait_until(until);
    co_await charges_.drain(until);
  }

 private:
  awaitable<> work() {
    co_await bring_schema_up_to_date(executor_, *database_);
    is_prepared_ = true;
    observability::log_info("worker.prepared");
    charges_.start();
    start_consuming();
    is_settling_ = true;
    co_await settle_->run();
    is_settling_ = false;
    has_settled_.ring();
  }

  // Not before the database is there: each death of a consumer counts as a delivery of all that was on its way to it,
  // and a worker that is restarted again and again during an outage would use up the delivery limit of good orders.
  void start_consuming() {
    consumer_ = messaging::make_order_consumer(executor_, settings_.consumer, metrics_);
    settle_.emplace(executor_, *database_, *consumer_, printer_, rules(),
                    orders::settle_orders::listener{stock_changed(), [this] { charges_.payments_due(); }}, metrics_);
  }

  std::function<void(const std::string&)> stock_changed() {
    return [this](const std::string& event_id) { availability_.changed(event_id); };
  }

  [[nodiscard]] orders::charge_settings charging() const {
    orders::charge_settings charging;
    charging.in_flight = settings_.charges_in_flight;
    charging.call = settings_.charge_timeout;
    return charging;
  }

  [[nodiscard]] orders::settlement_rules rules() const {
    return {.pay = settings_.is_payments_on ? domain::payment_mode::charge : domain::payment_mode::confirm_at_once,
            .store = settings_.settlement};
  }

  std::vector<observability::dependency> dependencies() {
    std::vector<observability::dependency> all;
    all.push_back({"database", [this] { return is_prepared_ && database_->is_reachable(); }});
    all.push_back({"broker", [this] { return consumer_ && consumer_->is_ready(); }});
    if (settings_.is_cache_on) all.push_back({"redis", [this] { return cache_->is_up(); }, false});
    return all;
  }

  asio::any_io_executor executor_;
  config::settings settings_;
  observability::metrics metrics_;
  domain::ticket_printer printer_;
  ops_server ops_;
  std::unique_ptr<persistence::database> database_;
  std::unique_ptr<cache::versioned_cache> cache_;  // null with --cache=off
  std::unique_ptr<payment::gateway> gateway_;      // null with --payments=off
  catalog::availability_publisher availability_;
  orders::charge_orders charges_;
  std::unique_ptr<messaging::order_consumer> consumer_;  // from when the database is there
  std::optional<orders::settle_orders> settle_;
  async::signal has_settled_;
  bool is_prepared_ = false;
  bool is_settling_ = false;
};

}  // namespace
}  // namespace ticketd::roles::worker

namespace ticketd::roles {

std::unique_ptr<role> make_worker(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<worker::worker_role>(executor, settings);
}

}  // namespace ticketd::roles
