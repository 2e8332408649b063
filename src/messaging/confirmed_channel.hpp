// A channel to publish on, and the broker's answers to what was published there, by the publisher's own numbers.
//
// Thread: the connection's.
#pragma once

#include "messaging/amqp_connection.hpp"
#include "messaging/confirm_window.hpp"
#include "messaging/content_assembler.hpp"

#include <cstdint>
#include <vector>

namespace ticketd::messaging {

class confirmed_channel {
 public:
  explicit confirmed_channel(amqp_channel_t channel) : channel_(channel) {}

  [[nodiscard]] bool open(amqp_connection& connection);
  // The message's id is filled in.
  [[nodiscard]] bool publish(amqp_connection& connection, std::uint64_t number, outgoing_message message);

  struct answers {
    std::vector<settled_message> settled;
    bool is_return = false;  // no queue is bound for a message; its ack is still to come
  };
  // What a frame, of whatever channel, says of what was published here.
  [[nodiscard]] answers read(const amqp_frame_t& frame);
  [[nodiscard]] std::vector<settled_message> lose_connection() { return window_.lose_connection(); }

 private:
  amqp_channel_t channel_;
  confirm_window window_;
  content_assembler returns_;
};

}  // namespace ticketd::messaging
