// Change notices on the connection's thread: writes them, and waits for nobody's confirm.
//
// A connection of their own, as those that publish are not read while memory or disk of the broker run short
// (dead_letter_connection.hpp).
//
// Thread: send() from any; the rest is the connection's.
#pragma once

#include "messaging/connection_thread.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/messaging/change_notices.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ticketd::messaging {

class change_publisher_connection final : public connection_user {
 public:
  change_publisher_connection(const change_settings& settings, observability::metrics& metrics)
      : exchange_(settings.queue.changes_exchange), orders_max_(settings.orders_max), metrics_(&metrics) {}

  // Followed by a wake-up of the connection's thread.
  void send(std::span<const domain::order_id> changed);

  bool on_open(amqp_connection& connection) override;
  bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) override;
  bool on_turn(amqp_connection& connection, time_point now) override;
  bool wants_to_write() const override { return is_waiting_for_room_; }
  time_point next_turn() const override { return time_point::max(); }
  // What waits is told by the next connection: a worker that has just started is quicker than its own.
  void on_down() override { is_waiting_for_room_ = false; }

 private:
  using notice = std::vector<domain::order_id>;

  [[nodiscard]] std::optional<notice> take();
  [[nodiscard]] notice take_first();  // under mutex_

  std::string exchange_;
  std::size_t orders_max_;
  observability::metrics* metrics_;

  std::mutex mutex_;
  std::deque<notice> unsent_;  // under mutex_
  std::size_t orders_ = 0;     // in them

  bool is_blocked_ = false;
  bool is_waiting_for_room_ = false;
};

}  // namespace ticketd::messaging
