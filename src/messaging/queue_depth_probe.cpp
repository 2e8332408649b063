#include "messaging/queue_depth_probe.hpp"

#include <algorithm>
#include <cmath>

namespace ticketd::messaging {

namespace {

// The weight of one message in the mean: about the last hundred count.
constexpr double weight = 0.02;

}  // namespace

bool queue_depth_probe::open(amqp_connection& connection, time_point now) {
  is_asked_ = false;
  next_ = now;
  return connection.open_channel(channel_);
}

bool queue_depth_probe::ask(amqp_connection& connection, time_point now) {
  if (now < next_) return true;
  next_ = now + every_;
  if (is_asked_) return true;  // a blocked broker answers nothing: one question in flight is enough
  is_asked_ = true;
  asked_at_ = now;
  amqp_queue_declare_t question{};
  question.queue = bytes_of(queue_);
  question.passive = 1;  // changes nothing; if the queue is gone the channel is closed, and all is declared anew
  return connection.send(channel_, AMQP_QUEUE_DECLARE_METHOD, &question);
}

std::optional<queue_backlog> queue_depth_probe::read(const amqp_frame_t& frame) {
  if (frame.channel != channel_ || frame.frame_type != AMQP_FRAME_METHOD ||
      frame.payload.method.id != AMQP_QUEUE_DECLARE_OK_METHOD)
    return std::nullopt;
  is_asked_ = false;
  const auto* answer = static_cast<const amqp_queue_declare_ok_t*>(frame.payload.method.decoded);
  last_ = {asked_at_, answer->message_count};
  const double messages = answer->message_count;
  const queue_backlog backlog{.orders = std::llround(messages * std::max(orders_a_message_, 1.0)),
                              .bytes = std::llround(messages * bytes_a_message_)};
  depth_.Set(static_cast<double>(backlog.orders));
  return backlog;
}

void queue_depth_probe::count_message(std::size_t orders, std::size_t bytes) {
  const double share = orders_a_message_ == 0 ? 1 : weight;
  orders_a_message_ += share * (static_cast<double>(orders) - orders_a_message_);
  bytes_a_message_ += share * (static_cast<double>(bytes) - bytes_a_message_);
}

}  // namespace ticketd::messaging
