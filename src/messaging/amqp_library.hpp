// rabbitmq-c, whichever place the distribution keeps its headers in, and the two conversions that everybody needs.
//
// Pure. Thread: any.
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#include <string_view>

namespace ticketd::messaging {

// A view for the library, which has no const but does not write through it.
[[nodiscard]] inline amqp_bytes_t bytes_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

[[nodiscard]] inline std::string_view text_of(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

}  // namespace ticketd::messaging
