#include "ticketd/messaging/order_publisher.hpp"

#include "messaging/broker_address.hpp"
#include "messaging/connection_thread.hpp"
#include "messaging/publishing_desk.hpp"
#include "messaging/publishing_link.hpp"
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
      : desk_(std::make_shared<publishing_desk>(executor, settings, metrics)),
        link_(metrics.queue_depth_orders, settings.queue_length_max, tell(executor, desk_)),
        thread_({parse_broker_url(settings.url), settings.instance + "/publisher", settings.heartbeat},
                settings.queue_length_max, link_) {
    desk_->deliver_to([this](outgoing_batch batch) {
      if (link_.send(std::move(batch))) thread_.wake();
    });
    thread_.start();
  }

  ~amqp_order_publisher() override {
    thread_.stop();
    desk_->close();
  }

  awaitable<publish_outcome> publish(domain::accepted_order order, deadline until) override {
    return desk_->publish(std::move(order), until);
  }

  bool is_ready() const noexcept override { return desk_->is_ready(); }

  awaitable<> drain(deadline until) override { return desk_->drain(until); }

 private:
  // The desk is only ever touched on the executor's thread; the connection's thread holds no more than its address.
  static std::function<void(publisher_news)> tell(const asio::any_io_executor& executor,
                                                  std::weak_ptr<publishing_desk> desk) {
    return [executor, desk = std::move(desk)](publisher_news news) {
      asio::post(executor, [desk, news = std::move(news)] {
        if (const auto self = desk.lock()) self->hear(news);
      });
    };
  }

  std::shared_ptr<publishing_desk> desk_;
  publishing_link link_;
  connection_thread thread_;
};

}  // namespace

std::unique_ptr<order_publisher> make_order_publisher(const asio::any_io_executor& executor,
                                                      publisher_settings settings, observability::metrics& metrics) {
  return std::make_unique<amqp_order_publisher>(executor, settings, metrics);
}

}  // namespace ticketd::messaging
