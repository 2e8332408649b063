#include "messaging/content_assembler.hpp"

#include <utility>

namespace ticketd::messaging {

std::optional<incoming_message> content_assembler::add(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      begin(frame.payload.method);
      return std::nullopt;
    case AMQP_FRAME_HEADER:
      read_header(frame);
      return finish_if_complete();  // an empty body has no frames
    case AMQP_FRAME_BODY:
      if (open_) open_->body += text_of(frame.payload.body_fragment);
      return finish_if_complete();
    default:
      return std::nullopt;
  }
}

void content_assembler::begin(const amqp_method_t& method) {
  if (method.id != AMQP_BASIC_DELIVER_METHOD && method.id != AMQP_BASIC_RETURN_METHOD) return;
  open_.emplace();
  open_->method = method.id;
  if (method.id == AMQP_BASIC_DELIVER_METHOD)
    open_->delivery_tag = static_cast<const amqp_basic_deliver_t*>(method.decoded)->delivery_tag;
  body_size_ = 0;
}

void content_assembler::read_header(const amqp_frame_t& frame) {
  if (!open_) return;
  body_size_ = frame.payload.properties.body_size;
  const auto* properties = static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
  if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) open_->message_id = text_of(properties->message_id);
}

std::optional<incoming_message> content_assembler::finish_if_complete() {
  if (!open_ || open_->body.size() < body_size_) return std::nullopt;
  return std::exchange(open_, std::nullopt);
}

}  // namespace ticketd::messaging
