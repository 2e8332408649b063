#include "messaging/change_publisher_connection.hpp"

#include "messaging/change_codec.hpp"
#include "ticketd/observability/metrics.hpp"

#include <utility>

namespace ticketd::messaging {

namespace {

constexpr amqp_channel_t notices_channel = 1;

}  // namespace

void change_publisher_connection::send(std::span<const domain::order_id> changed) {
  const std::lock_guard lock(mutex_);
  orders_ += changed.size();
  unsent_.emplace_back(changed.begin(), changed.end());
  while (orders_ > orders_max_) metrics_->record_notice("dropped", take_first().size());
}

std::optional<change_publisher_connection::notice> change_publisher_connection::take() {
  const std::lock_guard lock(mutex_);
  if (unsent_.empty()) return std::nullopt;
  return take_first();
}

change_publisher_connection::notice change_publisher_connection::take_first() {
  auto first = std::move(unsent_.front());
  unsent_.pop_front();
  orders_ -= first.size();
  return first;
}

bool change_publisher_connection::on_open(amqp_connection& connection) {
  is_blocked_ = false;
  return connection.open_channel(notices_channel);
}

bool change_publisher_connection::on_frame(amqp_connection&, const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return true;
  if (frame.payload.method.id == AMQP_CONNECTION_BLOCKED_METHOD) is_blocked_ = true;
  if (frame.payload.method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) is_blocked_ = false;
  return true;
}

bool change_publisher_connection::on_turn(amqp_connection& connection, time_point) {
  is_waiting_for_room_ = false;
  while (!is_blocked_) {
    if (!connection.takes_bytes()) {
      is_waiting_for_room_ = true;
      break;
    }
    const auto next = take();
    if (!next) break;
    const auto body = encode_changes(*next);
    if (!connection.publish(notices_channel, {exchange_, {}, {}, body, {}, false})) return false;
    metrics_->record_notice("sent", next->size());
  }
  return true;
}

}  // namespace ticketd::messaging
