// The worker: settles the orders of the queue, and charges what it reserved. One settles at a time (the queue sees to
// that), any number charge.
#include "ops_server.hpp"
#include "role.hpp"
#include "selling_parts.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/messaging/change_notices.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/orders/charge_orders.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/orders/payment_wait_estimator.hpp"
#include "ticketd/orders/settle_orders.hpp"
#include "ticketd/orders/settlement_progress.hpp"
#include "ticketd/payment/gateway.hpp"

#include <optional>

namespace ticketd::roles::worker {
namespace {

class worker_role final : public role {
 public:
  worker_role(const asio::any_io_executor& executor, const config::settings& settings)
      : parts_(executor, settings),
        gateway_(parts_.make_gateway()),
        notices_(messaging::make_change_publisher(settings.changes, parts_.metrics)),
        charges_(executor, *parts_.database, gateway_.get(), parts_.clock, parts_.printer, charge_settings_of(settings),
                 told(), parts_.metrics),
        ops_(executor, settings.ops_listen, dependencies(), [this] { return parts_.metrics.to_text(); }),
        has_settled_(executor) {
    if (parts_.cache) progress_.emplace(*parts_.cache, parts_.clock, progress_sources());
  }

  void start() override {
    ops_.start();
    parts_.start();
    async::spawn(parts_.executor, "worker.settle", work());
  }

  observability::health_report readiness() const override { return ops_.readiness(); }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    charges_.stop();  // what is under way ends beside the batch in hand, and nothing more begins
    if (consumer_) consumer_->stop();
    if (settle_) settle_->stop();
    if (is_settling_) co_await has_settled_.wait_until(until);
    if (!is_settling_) consumer_.reset();  // the queue is the standby's at once, however long the charges take
    co_await charges_.drain(until);
  }

 private:
  awaitable<> work() {
    co_await parts_.bring_schema_up_to_date();
    parts_.note_prepared();
    charges_.start();
    if (gateway_) async::spawn(parts_.executor, "payments.watch", payment_wait_.watch(*parts_.database));
    start_consuming();
    is_settling_ = true;
    if (progress_) async::spawn(parts_.executor, "progress.publish", progress_->run());
    async::spawn(parts_.executor, "waiting.settle", settle_->run_waiting());
    co_await settle_->run();
    is_settling_ = false;
    has_settled_.set();
  }

  // Not before the database is there: each death of a consumer counts as a delivery of all that was on its way to it,
  // and a worker that is restarted again and again during an outage would use up the delivery limit of good orders.
  void start_consuming() {
    consumer_ = messaging::make_order_consumer(parts_.executor, parts_.settings.consumer, parts_.metrics);
    settle_.emplace(parts_.executor, *parts_.database, *consumer_, parts_.mint, parts_.clock, parts_.printer,
                    orders::settle_settings{.settler = {.rules = settlement_rules()}},
                    orders::settlement_listener{told(),
                                                [this](std::size_t orders) {
                                                  payment_wait_.note_reserved(orders);
                                                  charges_.payments_due();
                                                }},
                    parts_.metrics);
  }

  orders::commit_listener told() {
    return {parts_.stock_changed(), [this](auto changed) { notices_->publish(changed); }};
  }

  orders::settlement_rules settlement_rules() const {
    auto rules = settlement_rules_of(parts_.settings);
    rules.may_defer = true;
    return rules;
  }

  orders::progress_publisher::sources progress_sources() {
    return {[this] { return settle_ && consumer_ ? settle_->settled_up_to(parts_.clock.now()) : std::nullopt; },
            [this] { return payment_wait_.expected_wait(); }};
  }

  std::vector<observability::dependency> dependencies() {
    auto all = parts_.dependencies(selling_parts::need::database);
    all.push_back({"broker", [this] { return consumer_ && consumer_->is_ready(); }});
    all.push_back({"settlement", [this] { return !settle_ || !settle_->is_waiting(); }});
    return all;
  }

  selling_parts parts_;
  std::unique_ptr<payment::gateway> gateway_;  // null with --payments=off
  std::unique_ptr<messaging::change_publisher> notices_;
  orders::charge_orders charges_;
  orders::payment_wait_estimator payment_wait_;
  ops_server ops_;
  std::unique_ptr<messaging::order_consumer> consumer_;  // from when the database is there
  std::optional<orders::settle_orders> settle_;
  std::optional<orders::progress_publisher> progress_;  // with a cache
  async::auto_reset_event has_settled_;
  bool is_settling_ = false;
};

}  // namespace
}  // namespace ticketd::roles::worker

namespace ticketd::roles {

std::unique_ptr<role> make_worker(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<worker::worker_role>(executor, settings);
}

}  // namespace ticketd::roles
