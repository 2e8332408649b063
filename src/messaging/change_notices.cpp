#include "ticketd/messaging/change_notices.hpp"

#include "messaging/change_publisher_connection.hpp"
#include "messaging/change_subscriber_connection.hpp"
#include "messaging/connection_thread.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace ticketd::messaging {

namespace {

class amqp_change_publisher final : public change_publisher {
 public:
  amqp_change_publisher(const change_settings& settings, observability::metrics& metrics)
      : connection_(settings, metrics), thread_(connect_as("changes", settings.broker), settings.queue, connection_) {
    thread_.start();
  }

  void publish(std::span<const domain::order_id> changed) override {
    connection_.send(changed);
    thread_.wake();
  }

 private:
  change_publisher_connection connection_;
  connection_thread thread_;
};

// What is only ever touched on the executor's thread.
struct listener {
  std::function<void(std::span<const domain::order_id>)> heard;
  observability::metrics* metrics;
  bool is_listening = false;

  void take(const changes_notification& notification) {
    is_listening = notification.is_listening;
    if (notification.changed.empty()) return;
    metrics->record_notice("heard", notification.changed.size());
    heard(notification.changed);
  }
};

class amqp_change_subscriber final : public change_subscriber {
 public:
  amqp_change_subscriber(const asio::any_io_executor& executor, const change_settings& settings,
                         std::function<void(std::span<const domain::order_id>)> heard, observability::metrics& metrics)
      : listener_(std::make_shared<listener>(listener{std::move(heard), &metrics})),
        connection_(settings, notifier(executor, listener_)),
        thread_(connect_as("changes", settings.broker), settings.queue, connection_) {
    thread_.start();
  }

  ~amqp_change_subscriber() override { thread_.stop(); }

  bool is_listening() const noexcept override { return listener_->is_listening; }

 private:
  static std::function<void(changes_notification)> notifier(const asio::any_io_executor& executor,
                                                            std::weak_ptr<listener> to) {
    return [executor, to = std::move(to)](changes_notification notification) {
      asio::post(executor, [to, notification = std::move(notification)] {
        if (const auto self = to.lock()) self->take(notification);
      });
    };
  }

  std::shared_ptr<listener> listener_;
  change_subscriber_connection connection_;
  connection_thread thread_;
};

}  // namespace

std::unique_ptr<change_publisher> make_change_publisher(change_settings settings, observability::metrics& metrics) {
  return std::make_unique<amqp_change_publisher>(settings, metrics);
}

std::unique_ptr<change_subscriber> make_change_subscriber(const asio::any_io_executor& executor,
                                                          change_settings settings,
                                                          std::function<void(std::span<const domain::order_id>)> heard,
                                                          observability::metrics& metrics) {
  return std::make_unique<amqp_change_subscriber>(executor, settings, std::move(heard), metrics);
}

}  // namespace ticketd::messaging
