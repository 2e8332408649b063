#include "ticketd/messaging/order_consumer.hpp"

#include "messaging/broker_address.hpp"
#include "messaging/connection_thread.hpp"
#include "messaging/consumer_connection.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <iterator>
#include <utility>

namespace ticketd::messaging {

namespace {

// The consumer on the Asio thread: who waits for a batch, and who for an acknowledgement. Each waiter shares what it
// waits in, so that one that resumes after the consumer is gone finds it alive.
class consumer_mailbox {
 public:
  [[nodiscard]] std::shared_ptr<async::one_shot<order_batch>> expect_batch();
  [[nodiscard]] std::shared_ptr<async::one_shot<bool>> expect_acknowledgement();
  void on_notification(consumer_notification notification);
  void stop();
  void close();

  [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
  [[nodiscard]] bool is_active() const noexcept { return is_ready_ && is_active_; }
  [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }

 private:
  std::shared_ptr<async::one_shot<order_batch>> batch_;
  std::shared_ptr<async::one_shot<bool>> acknowledgement_;
  bool is_ready_ = false;
  bool is_active_ = false;  // from the first batch of a connection on
  bool is_stopping_ = false;
};

std::shared_ptr<async::one_shot<order_batch>> consumer_mailbox::expect_batch() {
  return batch_ = std::make_shared<async::one_shot<order_batch>>();
}

std::shared_ptr<async::one_shot<bool>> consumer_mailbox::expect_acknowledgement() {
  return acknowledgement_ = std::make_shared<async::one_shot<bool>>();
}

void consumer_mailbox::on_notification(consumer_notification notification) {
  is_ready_ = notification.is_ready;
  is_active_ = is_ready_ && (is_active_ || notification.batch.has_value());
  // After stop() nobody takes it: it goes back to the queue when the connection ends.
  if (notification.batch && batch_) std::exchange(batch_, nullptr)->deliver(std::move(*notification.batch));
  if (notification.is_acknowledged && acknowledgement_)
    std::exchange(acknowledgement_, nullptr)->deliver(*notification.is_acknowledged);
}

void consumer_mailbox::stop() {
  is_stopping_ = true;
  if (batch_) std::exchange(batch_, nullptr)->deliver({});
}

void consumer_mailbox::close() {
  stop();
  is_ready_ = false;
  if (acknowledgement_) std::exchange(acknowledgement_, nullptr)->deliver(false);
}

class amqp_order_consumer final : public order_consumer {
 public:
  amqp_order_consumer(const asio::any_io_executor& executor, const consumer_settings& settings,
                      observability::metrics& metrics)
      : metrics_(metrics),
        mailbox_(std::make_shared<consumer_mailbox>()),
        connection_(settings, metrics, notifier(executor, mailbox_, metrics)),
        thread_({parse_broker_url(settings.url), settings.instance + "/consumer", settings.heartbeat}, settings.queue,
                connection_) {
    thread_.start();
  }

  ~amqp_order_consumer() override {
    thread_.stop();
    mailbox_->close();
  }

  awaitable<order_batch> next() override {
    if (mailbox_->is_stopping()) co_return order_batch{};
    const auto batch = mailbox_->expect_batch();
    connection_.ask_for_batch();
    thread_.wake();
    co_return co_await batch->wait();
  }

  awaitable<bool> acknowledge(const order_batch& batch, std::vector<dead_letter> undecidable) override {
    acknowledgement settled{batch.connection, batch.last_delivery, batch.malformed};
    std::move(undecidable.begin(), undecidable.end(), std::back_inserter(settled.dead_letters));
    const auto dead_letters = settled.dead_letters.size();
    const auto answer = mailbox_->expect_acknowledgement();
    connection_.acknowledge(std::move(settled));
    thread_.wake();
    auto& dead_lettered = metrics_.orders_dead_lettered;  // the consumer may go away while we wait, its metrics don't
    const bool is_acknowledged = co_await answer->wait();
    if (is_acknowledged) dead_lettered.Increment(static_cast<double>(dead_letters));
    co_return is_acknowledged;
  }

  bool is_ready() const noexcept override { return mailbox_->is_ready(); }
  bool is_active() const noexcept override { return mailbox_->is_active(); }

  void stop() override { mailbox_->stop(); }

 private:
  // The mailbox is only ever touched on the executor's thread; the connection's thread holds no more than its address.
  static std::function<void(consumer_notification)> notifier(const asio::any_io_executor& executor,
                                                             std::weak_ptr<consumer_mailbox> mailbox,
                                                             observability::metrics& metrics) {
    return [executor, mailbox = std::move(mailbox), &up = metrics.broker_up](consumer_notification notification) {
      up.Set(notification.is_ready ? 1 : 0);
      asio::post(executor, [mailbox, notification = std::move(notification)]() mutable {
        if (const auto self = mailbox.lock()) self->on_notification(std::move(notification));
      });
    };
  }

  observability::metrics& metrics_;
  std::shared_ptr<consumer_mailbox> mailbox_;
  consumer_connection connection_;
  connection_thread thread_;
};

}  // namespace

std::unique_ptr<order_consumer> make_order_consumer(const asio::any_io_executor& executor, consumer_settings settings,
                                                    observability::metrics& metrics) {
  return std::make_unique<amqp_order_consumer>(executor, settings, metrics);
}

}  // namespace ticketd::messaging
