#include "messaging/dead_letter_connection.hpp"

#include "ticketd/observability/log.hpp"

#include <iterator>
#include <utility>

namespace ticketd::messaging {

void dead_letter_connection::send(std::vector<outgoing_dead_letter> letters) {
  const std::lock_guard lock(mutex_);
  std::move(letters.begin(), letters.end(), std::back_inserter(unsent_));
}

void dead_letter_connection::forget_unsent() {
  const std::lock_guard lock(mutex_);
  unsent_.clear();
}

std::optional<outgoing_dead_letter> dead_letter_connection::take_unsent() {
  const std::lock_guard lock(mutex_);
  if (unsent_.empty()) return std::nullopt;
  auto first = std::move(unsent_.front());
  unsent_.pop_front();
  return first;
}

bool dead_letter_connection::on_open(amqp_connection& connection) {
  is_blocked_ = false;
  if (!channel_.open(connection)) return false;
  is_open_ = true;
  notify_if_changed();
  return true;
}

bool dead_letter_connection::on_frame(amqp_connection&, const amqp_frame_t& frame) {
  settle(channel_.read(frame).settled);
  if (frame.frame_type == AMQP_FRAME_METHOD) on_method(frame.payload.method);
  return true;
}

void dead_letter_connection::on_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONNECTION_BLOCKED_METHOD:
      observability::log_warning("dead_letters.blocked");
      is_blocked_ = true;
      return;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      observability::log_info("dead_letters.unblocked");
      is_blocked_ = false;
      return;
    default:
      return;
  }
}

bool dead_letter_connection::on_turn(amqp_connection& connection, time_point) {
  is_waiting_for_room_ = false;
  while (!is_blocked_ && !is_waiting_for_room_) {
    if (!connection.takes_bytes()) {
      is_waiting_for_room_ = true;
    } else {
      const auto next = take_unsent();
      if (!next) break;
      if (!channel_.publish(connection, next->number,
                            {queue_.dead_exchange, queue_.routing_key, {}, next->letter.body, next->letter.reason}))
        return false;
    }
  }
  notify_if_changed();
  return true;
}

void dead_letter_connection::on_down() {
  is_open_ = false;
  is_waiting_for_room_ = false;
  settle(channel_.lose_connection());
  notify_if_changed();
}

void dead_letter_connection::settle(std::vector<settled_message> settled) {
  notification_.settled.insert(notification_.settled.end(), settled.begin(), settled.end());
}

void dead_letter_connection::notify_if_changed() {
  notification_.is_ready = is_open_ && !is_blocked_;
  if (notification_.settled.empty() && notification_.is_ready == was_ready_) return;
  was_ready_ = notification_.is_ready;
  notify_(std::exchange(notification_, {}));
}

}  // namespace ticketd::messaging
