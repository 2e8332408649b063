#include "ticketd/messaging/order_consumer.hpp"

#include "messaging/connection_thread.hpp"
#include "messaging/consumer_connection.hpp"
#include "messaging/pending_dead_letters.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
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
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> drained_at() const noexcept { return drained_at_; }
  [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }
  [[nodiscard]] bool is_closed() const noexcept { return is_closed_; }

 private:
  std::shared_ptr<async::one_shot<order_batch>> batch_;
  std::shared_ptr<async::one_shot<bool>> acknowledgement_;
  bool is_ready_ = false;
  bool is_active_ = false;  // from the first batch of a connection on
  std::optional<std::chrono::steady_clock::time_point> drained_at_;
  bool is_stopping_ = false;
  bool is_closed_ = false;
};

std::shared_ptr<async::one_shot<order_batch>> consumer_mailbox::expect_batch() {
  return batch_ = std::make_shared<async::one_shot<order_batch>>();
}

std::shared_ptr<async::one_shot<bool>> consumer_mailbox::expect_acknowledgement() {
  return acknowledgement_ = std::make_shared<async::one_shot<bool>>();
}

void consumer_mailbox::on_notification(consumer_notification notification) {
  is_ready_ = notification.is_ready;
  is_active_ = is_ready_ && (is_active_ || notification.batch.has_value() || notification.drained_at.has_value());
  if (notification.drained_at) drained_at_ = notification.drained_at;
  if (!is_ready_) drained_at_.reset();
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
  is_closed_ = true;
  is_ready_ = false;
  if (acknowledgement_) std::exchange(acknowledgement_, nullptr)->deliver(false);
}

class amqp_order_consumer final : public order_consumer {
 public:
  amqp_order_consumer(const asio::any_io_executor& executor, const consumer_settings& settings,
                      observability::metrics& metrics)
      : metrics_(metrics),
        mailbox_(std::make_shared<consumer_mailbox>()),
        dead_letters_(std::make_shared<pending_dead_letters>(settings.dead_letter_wait)),
        connection_(settings, metrics, notifier(executor, mailbox_, metrics)),
        dead_letter_connection_(settings.queue, dead_letters_notifier(executor, dead_letters_)),
        thread_(connect_as("consumer", settings.broker), settings.queue, connection_),
        dead_letter_thread_(connect_as("dead-letters", settings.broker), settings.queue, dead_letter_connection_) {
    dead_letters_->send_to({.send =
                                [this](std::vector<outgoing_dead_letter> dead_letters) {
                                  dead_letter_connection_.send(std::move(dead_letters));
                                  dead_letter_thread_.wake();
                                },
                            .forget_unsent = [this] { dead_letter_connection_.forget_unsent(); }});
    thread_.start();
    dead_letter_thread_.start();
  }

  ~amqp_order_consumer() override {
    thread_.stop();
    dead_letter_thread_.stop();
    mailbox_->close();
    dead_letters_->close();
  }

  awaitable<order_batch> next() override {
    if (mailbox_->is_stopping()) co_return order_batch{};
    const auto batch = mailbox_->expect_batch();
    connection_.ask_for_batch();
    thread_.wake();
    co_return co_await batch->wait();
  }

  awaitable<bool> acknowledge(const order_batch& batch, std::vector<dead_letter> undecidable) override {
    const auto mailbox = mailbox_;  // the consumer may go away while we wait; these don't
    auto& dead_lettered = metrics_.orders_dead_lettered;
    const batch_settlement settlement(batch, std::move(undecidable));
    const auto& dead_letters = settlement.dead_letters();

    acknowledgement part{batch.connection, settlement.at_once()};
    if (dead_letters.empty()) part.ended_batch = batch.last_delivery;
    const bool is_begun = co_await send(std::move(part));
    if (!is_begun || dead_letters.empty() || mailbox->is_closed()) co_return is_begun&& dead_letters.empty();

    const auto outcomes = co_await dead_letters_->publish(dead_letters);
    if (mailbox->is_closed()) co_return false;
    part = {batch.connection, settlement.afterwards(outcomes)};
    part.ended_batch = batch.last_delivery;
    part.gives_back = std::ranges::find(outcomes, delivery_outcome::not_taken) != outcomes.end();
    if (part.gives_back)
      part.answers.clear();
    else
      report_set_aside(part.answers, dead_letters);
    const bool is_done = co_await send(std::move(part));
    if (is_done) dead_lettered.Increment(static_cast<double>(dead_letters.size()));
    co_return is_done;
  }

  bool is_ready() const noexcept override { return mailbox_->is_ready(); }
  bool is_active() const noexcept override { return mailbox_->is_active(); }
  std::optional<std::chrono::steady_clock::time_point> drained_at() const noexcept override {
    return mailbox_->drained_at();
  }

  void stop() override { mailbox_->stop(); }

 private:
  awaitable<bool> send(acknowledgement part) {
    const auto answer = mailbox_->expect_acknowledgement();
    connection_.acknowledge(std::move(part));
    thread_.wake();
    co_return co_await answer->wait();
  }

  // The broker notes no reason of ours.
  static void report_set_aside(std::span<const delivery_answer> answers, std::span<const dead_letter> dead_letters) {
    const auto whole = std::ranges::count(answers, delivery_verdict::set_aside, &delivery_answer::verdict);
    if (whole > 0)
      observability::log_warning("dead_letters.set_aside_whole",
                                 {{"messages", std::to_string(whole)}, {"first_reason", dead_letters.front().reason}});
  }

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

  static std::function<void(dead_letters_notification)> dead_letters_notifier(
      const asio::any_io_executor& executor, std::weak_ptr<pending_dead_letters> dead_letters) {
    return [executor, dead_letters = std::move(dead_letters)](dead_letters_notification notification) {
      asio::post(executor, [dead_letters, notification = std::move(notification)] {
        if (const auto self = dead_letters.lock()) self->on_notification(notification);
      });
    };
  }

  observability::metrics& metrics_;
  std::shared_ptr<consumer_mailbox> mailbox_;
  std::shared_ptr<pending_dead_letters> dead_letters_;
  consumer_connection connection_;
  dead_letter_connection dead_letter_connection_;
  connection_thread thread_;
  connection_thread dead_letter_thread_;
};

}  // namespace

std::unique_ptr<order_consumer> make_order_consumer(const asio::any_io_executor& executor, consumer_settings settings,
                                                    observability::metrics& metrics) {
  return std::make_unique<amqp_order_consumer>(executor, settings, metrics);
}

}  // namespace ticketd::messaging
