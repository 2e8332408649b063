// Puts a message together from its frames: the method that announces it (basic.deliver or basic.return), a header, and
// a body in any number of pieces, with frames of other channels in between (AMQP 0-9-1, section 4.2.6).
//
// A plain class for one channel: no I/O, so it never waits for the rest of a message. Thread: the connection's.
#pragma once

#include "messaging/amqp_library.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ticketd::messaging {

struct incoming_message {
  amqp_method_number_t method = 0;  // what announced it
  std::uint64_t delivery_tag = 0;   // of basic.deliver
  std::string message_id;
  std::string body;
};

class content_assembler {
 public:
  // The message, when this frame was its last.
  [[nodiscard]] std::optional<incoming_message> add(const amqp_frame_t& frame);
  // Whether a message has begun to come.
  [[nodiscard]] bool has_begun() const noexcept { return open_.has_value(); }

 private:
  void begin(const amqp_method_t& method);
  void read_header(const amqp_frame_t& frame);
  [[nodiscard]] std::optional<incoming_message> finish_if_complete();

  std::optional<incoming_message> open_;
  std::uint64_t body_size_ = 0;
};

}  // namespace ticketd::messaging
