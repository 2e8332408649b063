#include "messaging/change_subscriber_connection.hpp"

#include "messaging/change_codec.hpp"
#include "messaging/topology.hpp"

#include <utility>

namespace ticketd::messaging {

namespace {

constexpr amqp_channel_t delivery_channel = 1;

// As it comes, and gone once it is sent: what is lost with the connection is lost.
bool consume(amqp_connection& connection, std::string_view queue) {
  constexpr amqp_boolean_t no_local = 0, no_ack = 1, exclusive = 1;
  amqp_basic_consume(connection.native(), delivery_channel, bytes_of(queue), amqp_empty_bytes, no_local, no_ack,
                     exclusive, amqp_empty_table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "consume notices");
}

}  // namespace

bool change_subscriber_connection::on_open(amqp_connection& connection) {
  deliveries_ = {};
  if (!connection.open_channel(delivery_channel)) return false;
  const auto queue = declare_queue_of_listener(connection, delivery_channel, exchange_, queue_length_max_);
  if (queue.empty() || !consume(connection, queue)) return false;
  heard_.is_listening = true;
  notify_if_changed();
  return true;
}

bool change_subscriber_connection::on_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  if (frame.channel != delivery_channel) return true;
  if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD)
    return connection.fail("the broker cancelled the consumer of notices");
  if (const auto delivered = deliveries_.add(frame)) {
    const auto changed = decode_changes(delivered->body);
    heard_.changed.insert(heard_.changed.end(), changed.begin(), changed.end());
  }
  return true;
}

bool change_subscriber_connection::on_turn(amqp_connection&, time_point) {
  notify_if_changed();
  return true;
}

void change_subscriber_connection::on_down() {
  heard_.is_listening = false;
  notify_if_changed();
}

void change_subscriber_connection::notify_if_changed() {
  if (heard_.changed.empty() && heard_.is_listening == was_listening_) return;
  was_listening_ = heard_.is_listening;
  notify_({std::exchange(heard_.changed, {}), heard_.is_listening});
}

}  // namespace ticketd::messaging
