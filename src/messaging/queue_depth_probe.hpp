// How many orders wait in the queue, and bytes: the broker counts messages, and what a message holds on average is
// known here.
//
// Asks now and then (connection_limits), on a channel of its own and without waiting for the answer.
//
// Thread: the connection's.
#pragma once

#include "messaging/amqp_connection.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <prometheus/gauge.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ticketd::messaging {

class queue_depth_probe {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  queue_depth_probe(amqp_channel_t channel, std::string queue, const connection_limits& limits,
                    prometheus::Gauge& depth)
      : channel_(channel),
        queue_(std::move(queue)),
        every_(limits.depth_every),
        soon_(limits.depth_soon),
        depth_(depth) {}

  [[nodiscard]] bool open(amqp_connection& connection, time_point now);
  // Asks if it is time to.
  [[nodiscard]] bool ask(amqp_connection& connection, time_point now);
  // Soon; not only when its time has come.
  void hurry(time_point now) noexcept { next_ = std::min(next_, now + soon_); }
  // The answer, if it is one.
  std::optional<queue_backlog> read(const amqp_frame_t& frame);
  // Of the last answer: when it was asked for, and the messages that wait.
  struct queue_state {
    time_point asked_at{};
    std::uint32_t messages = 0;
  };
  [[nodiscard]] const queue_state& last() const noexcept { return last_; }
  // A message was published, or delivered.
  void count_message(std::size_t orders, std::size_t bytes);

  [[nodiscard]] time_point next() const noexcept { return next_; }

 private:
  amqp_channel_t channel_;
  std::string queue_;
  std::chrono::milliseconds every_;
  std::chrono::milliseconds soon_;
  prometheus::Gauge& depth_;
  time_point next_{};
  bool is_asked_ = false;
  time_point asked_at_{};
  queue_state last_{};
  double orders_a_message_ = 0;  // 0: none was seen yet
  double bytes_a_message_ = 0;
};

}  // namespace ticketd::messaging
