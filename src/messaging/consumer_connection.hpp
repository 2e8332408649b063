// The consumer on the connection's thread: collects deliveries into batches, and acknowledges what is settled.
//
// A connection that is lost while a batch is in hand is not made again before that batch is answered: what would come
// meanwhile would only wait, and each time that the broker takes it back (its consumer_timeout, half an hour as it
// comes) is a delivery of all of it. So an outage of the database costs one delivery, however long it is.
//
// Thread: ask_for_batch() and acknowledge() from any; the rest is the connection's.
#pragma once

#include "messaging/batch_settlement.hpp"
#include "messaging/connection_thread.hpp"
#include "messaging/content_assembler.hpp"
#include "messaging/delivery_collector.hpp"
#include "messaging/delivery_window.hpp"
#include "messaging/order_codec.hpp"
#include "messaging/queue_depth_probe.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <prometheus/counter.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::messaging {

// Of a batch, or the first or last part of it.
struct acknowledgement {
  std::uint64_t connection = 0;
  std::vector<delivery_answer> answers;
  std::uint64_t ended_batch = 0;  // the last delivery of the batch that this ends; 0: there is more to come
  bool gives_back = false;        // what is left: the connection ends, so that it comes again
};

// What the connection's thread reports to the Asio thread.
struct consumer_notification {
  std::optional<order_batch> batch;
  std::optional<bool> is_acknowledged;
  bool is_ready = false;
  // Everything that was in the queue by then has come here, and is answered. nullopt: nothing new is known.
  std::optional<std::chrono::steady_clock::time_point> drained_at;
};

class consumer_connection final : public connection_user {
 public:
  // `notify` is called on the connection's thread.
  consumer_connection(const consumer_settings& settings, observability::metrics& metrics,
                      std::function<void(consumer_notification)> notify);

  // Each is followed by a wake-up of the connection's thread. One of each at a time.
  void ask_for_batch();
  void acknowledge(acknowledgement acknowledgement);

  bool on_open(amqp_connection& connection) override;
  bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) override;
  bool on_turn(amqp_connection& connection, time_point now) override;
  bool wants_to_write() const override { return settled_.has_value(); }
  time_point next_turn() const override;
  bool wants_connection() const override;
  void on_down() override;

 private:
  void fetch();
  [[nodiscard]] bool consume(amqp_connection& connection);
  [[nodiscard]] bool on_delivery_frame(amqp_connection& connection, const amqp_frame_t& frame);
  [[nodiscard]] bool has_room_for(std::uint64_t bytes);
  void collect(std::uint64_t delivery_tag, std::string_view body);
  void note_depth();
  void stop_at(const unknown_version& met);
  [[nodiscard]] bool acknowledge_settled(amqp_connection& connection);
  void answer_acknowledgement(bool is_acknowledged);
  void notify_if_changed();

  std::mutex mutex_;
  bool is_batch_asked_for_ = false;               // under mutex_
  std::optional<acknowledgement> asked_settled_;  // under mutex_

  queue_settings queue_;
  std::function<void(consumer_notification)> notify_;
  delivery_collector collector_;
  delivery_window window_;
  content_assembler deliveries_;
  queue_depth_probe depth_;
  prometheus::Counter& unknown_versions_;
  bool is_active_ = false;  // deliveries come here, and to nobody else
  bool has_met_unknown_version_ = false;
  bool wants_batch_ = false;
  bool is_batch_out_ = false;               // handed out, and not yet answered
  std::optional<acknowledgement> settled_;  // what is being acknowledged
  std::size_t answers_sent_ = 0;
  std::uint64_t connection_number_ = 0;
  bool is_open_ = false;
  consumer_notification notification_;
  bool was_ready_ = false;
};

}  // namespace ticketd::messaging
