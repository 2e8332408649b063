// A client that writes what it is told to, byte by byte if need be, and gives up reading after a while: a test of a
// server's limits cannot hang, and can send what no decent client would.
#pragma once

#include "ticketd/http/message.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ticketd::test {

namespace beast = boost::beast;

class raw_client {
 public:
  explicit raw_client(std::uint16_t port, const std::string& address = "127.0.0.1");
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client();

  // What the server does not take is no failure: it may have answered, and may have left.
  void send(std::string_view bytes);
  void close();
  void shut_down_sending();

  // Throws std::runtime_error if none comes, or half of one.
  [[nodiscard]] http::response read_response(bool is_to_head = false);
  // All that comes until the server closes. Throws on a reset, and where the server does not close.
  [[nodiscard]] std::string read_to_end();

 private:
  // False at the end.
  [[nodiscard]] bool read_more();

  int socket_ = -1;
  std::string unread_;
};

}  // namespace ticketd::test
