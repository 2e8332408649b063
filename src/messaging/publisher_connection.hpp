// The publisher on the connection's thread: writes batches, and reads what became of them.
//
// Thread: send() from any; the rest is the connection's.
#pragma once

#include "messaging/confirmed_channel.hpp"
#include "messaging/connection_thread.hpp"
#include "messaging/queue_depth_probe.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ticketd::messaging {

struct outgoing_batch {
  std::uint64_t number = 0;
  std::size_t orders = 0;
  std::string body;
};

// What the connection's thread reports to the Asio thread, many messages at a time.
struct publisher_notification {
  std::vector<settled_message> settled;
  bool is_ready = false;                   // connected and not blocked
  std::optional<queue_backlog> backlog{};  // where the broker has just said
};

class publisher_connection final : public connection_user {
 public:
  // `notify` is called on the connection's thread.
  publisher_connection(const publisher_settings& settings, prometheus::Gauge& queue_depth,
                       std::function<void(publisher_notification)> notify);

  // Leaves a batch for the connection's thread. True if it must be woken: it isn't for a batch that finds others there.
  [[nodiscard]] bool send(outgoing_batch batch);

  bool on_open(amqp_connection& connection) override;
  bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) override;
  bool on_turn(amqp_connection& connection, time_point now) override;
  bool wants_to_write() const override { return !outbox_.empty(); }
  time_point next_turn() const override { return depth_.next(); }
  void on_down() override;

 private:
  void fetch();
  [[nodiscard]] bool publish_front(amqp_connection& connection);
  [[nodiscard]] bool repair_topology(amqp_connection& connection, time_point now);
  void on_method(const amqp_method_t& method);
  void on_returned();
  void refuse_unsent();
  void settle(std::vector<settled_message> settled);
  void notify_if_changed();

  std::mutex mutex_;
  std::vector<outgoing_batch> inbox_;  // under mutex_; bounded by the publisher's in_flight_max

  queue_settings queue_;
  std::chrono::milliseconds repair_every_;
  std::function<void(publisher_notification)> notify_;
  std::deque<outgoing_batch> outbox_;
  confirmed_channel channel_;
  queue_depth_probe depth_;
  publisher_notification notification_;
  bool is_open_ = false;
  bool is_blocked_ = false;
  bool was_ready_ = false;
  bool is_binding_lost_ = false;
  time_point next_repair_{};
};

}  // namespace ticketd::messaging
