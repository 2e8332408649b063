#include "ticketd/messaging/order_publisher.hpp"

#include "messaging/connection_thread.hpp"
#include "messaging/pending_publishes.hpp"
#include "messaging/publisher_connection.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <utility>

namespace ticketd::messaging {

namespace {

class amqp_order_publisher final : public order_publisher {
 public:
  amqp_order_publisher(const asio::any_io_executor& executor, const publisher_settings& settings,
                       observability::metrics& metrics)
      : pending_(std::make_shared<pending_publishes>(executor, settings, metrics)),
        connection_(settings, metrics.queue_depth_orders, notifier(executor, pending_)),
        thread_(connect_as("publisher", settings.broker), settings.queue, connection_) {
    pending_->send_to([this](outgoing_batch batch) {
      if (connection_.send(std::move(batch))) thread_.wake();
    });
    thread_.start();
  }

  ~amqp_order_publisher() override {
    thread_.stop();
    pending_->close();
  }

  awaitable<publish_outcome> publish(domain::accepted_order order, deadline until) override {
    return pending_->publish(std::move(order), until);
  }

  bool is_ready() const noexcept override { return pending_->is_ready(); }

  std::optional<queue_backlog> backlog() const noexcept override { return pending_->backlog(); }
  std::chrono::milliseconds confirm_time() const noexcept override { return pending_->confirm_time(); }

  awaitable<> drain(deadline until) override { return pending_->drain(until); }

 private:
  // What is pending is only ever touched on the executor's thread; the connection's thread holds no more than its
  // address.
  static std::function<void(publisher_notification)> notifier(const asio::any_io_executor& executor,
                                                              std::weak_ptr<pending_publishes> pending) {
    return [executor, pending = std::move(pending)](publisher_notification notification) {
      asio::post(executor, [pending, notification = std::move(notification)] {
        if (const auto self = pending.lock()) self->on_notification(notification);
      });
    };
  }

  std::shared_ptr<pending_publishes> pending_;
  publisher_connection connection_;
  connection_thread thread_;
};

}  // namespace

std::unique_ptr<order_publisher> make_order_publisher(const asio::any_io_executor& executor,
                                                      publisher_settings settings, observability::metrics& metrics) {
  return std::make_unique<amqp_order_publisher>(executor, settings, metrics);
}

}  // namespace ticketd::messaging
