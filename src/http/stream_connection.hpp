// A connection that has become a stream: the socket, what its client has not taken yet, and nothing else. It lives in
// the handlers that wait for its client; the server knows it by an intrusive list only.
//
// Thread: the executor's.
#pragma once

#include "http/session.hpp"
#include "ticketd/http/stream.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ticketd::http {

class stream_connection final : public stream_hook,
                                public stream_writer,
                                public std::enable_shared_from_this<stream_connection> {
 public:
  stream_connection(client_socket socket, std::shared_ptr<session_host> host, std::shared_ptr<stream_source> source);
  stream_connection(const stream_connection&) = delete;
  stream_connection& operator=(const stream_connection&) = delete;
  ~stream_connection();

  // The head is sent.
  void begin();
  void say_goodbye();
  void enforce_limits(time_point now);
  void close(stream_end how);

  void write(std::string_view text) override;
  void end() override;

 private:
  enum class phase { open, ending, closed };

  void wait_for_client();
  void read_of_client();
  void wait_for_room();
  void write_unsent();
  [[nodiscard]] std::size_t write_some(std::string_view text);
  void finish_if_taken();

  client_socket socket_;
  std::shared_ptr<session_host> host_;
  std::shared_ptr<stream_source> source_;
  std::string unsent_;
  time_point limit_ = time_point::max();
  phase phase_ = phase::open;
};

}  // namespace ticketd::http
