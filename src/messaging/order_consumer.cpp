#include "ticketd/messaging/order_consumer.hpp"

#include "messaging/broker_address.hpp"
#include "messaging/connection_thread.hpp"
#include "messaging/consuming_link.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <iterator>
#include <utility>

namespace ticketd::messaging {

namespace {

// The Asio thread's half: who waits for a batch, and who for an acknowledgement. The waiters own what they wait in, so
// that one that is late touches nothing dead.
class consuming_desk {
 public:
  [[nodiscard]] std::shared_ptr<async::one_shot<order_batch>> expect_batch();
  [[nodiscard]] std::shared_ptr<async::one_shot<bool>> expect_acknowledgement();
  void hear(consumer_news news);
  void stop();
  void close();

  [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
  [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }

 private:
  std::shared_ptr<async::one_shot<order_batch>> batch_;
  std::shared_ptr<async::one_shot<bool>> acknowledgement_;
  bool is_ready_ = false;
  bool is_stopping_ = false;
};

std::shared_ptr<async::one_shot<order_batch>> consuming_desk::expect_batch() {
  return batch_ = std::make_shared<async::one_shot<order_batch>>();
}

std::shared_ptr<async::one_shot<bool>> consuming_desk::expect_acknowledgement() {
  return acknowledgement_ = std::make_shared<async::one_shot<bool>>();
}

void consuming_desk::hear(consumer_news news) {
  is_ready_ = news.is_ready;
  // After stop() nobody takes it: it goes back to the queue when the connection ends.
  if (news.batch && batch_) std::exchange(batch_, nullptr)->deliver(std::move(*news.batch));
  if (news.is_acknowledged && acknowledgement_)
    std::exchange(acknowledgement_, nullptr)->deliver(*news.is_acknowledged);
}

void consuming_desk::stop() {
  is_stopping_ = true;
  if (batch_) std::exchange(batch_, nullptr)->deliver({});
}

void consuming_desk::close() {
  stop();
  is_ready_ = false;
  if (acknowledgement_) std::exchange(acknowledgement_, nullptr)->deliver(false);
}

class amqp_order_consumer final : public order_consumer {
 public:
  amqp_order_consumer(const asio::any_io_executor& executor, const consumer_settings& settings,
                      observability::metrics& metrics)
      : metrics_(metrics),
        desk_(std::make_shared<consuming_desk>()),
        link_(settings, metrics.queue_depth_orders, tell(executor, desk_, metrics)),
        thread_({parse_broker_url(settings.url), settings.instance + "/consumer", settings.heartbeat},
                settings.queue_length_max, link_) {
    thread_.start();
  }

  ~amqp_order_consumer() override {
    thread_.stop();
    desk_->close();
  }

  awaitable<order_batch> next() override {
    if (desk_->is_stopping()) co_return order_batch{};
    const auto batch = desk_->expect_batch();
    link_.ask_for_batch();
    thread_.wake();
    co_return co_await batch->wait();
  }

  awaitable<bool> acknowledge(const order_batch& batch, std::vector<dead_letter> undecidable) override {
    acknowledgement settled{batch.connection, batch.last_delivery, batch.malformed};
    std::move(undecidable.begin(), undecidable.end(), std::back_inserter(settled.letters));
    const auto letters = settled.letters.size();
    const auto answer = desk_->expect_acknowledgement();
    link_.acknowledge(std::move(settled));
    thread_.wake();
    auto& dead_lettered = metrics_.orders_dead_lettered;  // the consumer may go away while we wait, its metrics don't
    const bool is_acknowledged = co_await answer->wait();
    if (is_acknowledged) dead_lettered.Increment(static_cast<double>(letters));
    co_return is_acknowledged;
  }

  bool is_ready() const noexcept override { return desk_->is_ready(); }

  void stop() override { desk_->stop(); }

 private:
  // The desk is only ever touched on the executor's thread; the connection's thread holds no more than its address.
  static std::function<void(consumer_news)> tell(const asio::any_io_executor& executor,
                                                 std::weak_ptr<consuming_desk> desk, observability::metrics& metrics) {
    return [executor, desk = std::move(desk), &up = metrics.broker_up](consumer_news news) {
      up.Set(news.is_ready ? 1 : 0);
      asio::post(executor, [desk, news = std::move(news)]() mutable {
        if (const auto self = desk.lock()) self->hear(std::move(news));
      });
    };
  }

  observability::metrics& metrics_;
  std::shared_ptr<consuming_desk> desk_;
  consuming_link link_;
  connection_thread thread_;
};

}  // namespace

std::unique_ptr<order_consumer> make_order_consumer(const asio::any_io_executor& executor, consumer_settings settings,
                                                    observability::metrics& metrics) {
  return std::make_unique<amqp_order_consumer>(executor, settings, metrics);
}

}  // namespace ticketd::messaging
