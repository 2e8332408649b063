// Dead letters on the connection's thread: writes them, and reads whether the broker took them.
//
// A connection of their own, because the broker reads nothing more from one that publishes while memory or disk run
// short (RabbitMQ manual, "Blocked Connections"): acknowledgements on the same connection would stop with it, and with
// them the draining that ends the alarm.
//
// Thread: send() and forget_unsent() from any; the rest is the connection's.
#pragma once

#include "messaging/confirmed_channel.hpp"
#include "messaging/connection_thread.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace ticketd::messaging {

struct outgoing_dead_letter {
  std::uint64_t number = 0;
  dead_letter letter;
};

// What the connection's thread reports to the Asio thread.
struct dead_letters_notification {
  std::vector<settled_message> settled;
  bool is_ready = false;  // connected and not blocked
};

class dead_letter_connection final : public connection_user {
 public:
  // `notify` is called on the connection's thread.
  dead_letter_connection(queue_settings queue, std::function<void(dead_letters_notification)> notify)
      : queue_(std::move(queue)), notify_(std::move(notify)) {}

  // Followed by a wake-up of the connection's thread.
  void send(std::vector<outgoing_dead_letter> letters);
  // What has not been sent yet never will be.
  void forget_unsent();

  bool on_open(amqp_connection& connection) override;
  bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) override;
  bool on_turn(amqp_connection& connection, time_point now) override;
  bool wants_to_write() const override { return is_waiting_for_room_; }
  time_point next_turn() const override { return time_point::max(); }
  void on_down() override;

 private:
  void on_method(const amqp_method_t& method);
  [[nodiscard]] std::optional<outgoing_dead_letter> take_unsent();
  void settle(std::vector<settled_message> settled);
  void notify_if_changed();

  std::mutex mutex_;
  std::deque<outgoing_dead_letter> unsent_;  // under mutex_; those of one batch at most

  queue_settings queue_;
  std::function<void(dead_letters_notification)> notify_;
  confirmed_channel channel_{1};
  dead_letters_notification notification_;
  bool is_open_ = false;
  bool is_blocked_ = false;
  bool is_waiting_for_room_ = false;
  bool was_ready_ = false;
};

}  // namespace ticketd::messaging
