#include "messaging/confirmed_channel.hpp"

#include "ticketd/text/parse_number.hpp"

#include <cstdint>
#include <string>

namespace ticketd::messaging {

bool confirmed_channel::open(amqp_connection& connection) {
  returns_ = {};
  return connection.open_confirmed_channel(channel_);
}

bool confirmed_channel::publish(amqp_connection& connection, std::uint64_t number, outgoing_message message) {
  window_.add(number);
  const auto message_id = std::to_string(number);
  message.message_id = message_id;
  return connection.publish(channel_, message);
}

confirmed_channel::answers confirmed_channel::read(const amqp_frame_t& frame) {
  if (frame.channel != channel_) return {};
  if (const auto returned = returns_.add(frame)) {
    constexpr std::uint64_t of_no_message = 0;
    window_.mark_returned(text::parse_number<std::uint64_t>(returned->message_id).value_or(of_no_message));
    return {{}, true};
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const auto& method = frame.payload.method;
  if (method.id == AMQP_BASIC_ACK_METHOD) {
    const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
    return {window_.acknowledge(ack->delivery_tag, ack->multiple != 0)};
  }
  if (method.id == AMQP_BASIC_NACK_METHOD) {
    const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
    return {window_.reject(nack->delivery_tag, nack->multiple != 0)};
  }
  return {};
}

}  // namespace ticketd::messaging
