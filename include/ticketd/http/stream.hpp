// An answer that goes on: behind its head comes text, bit by bit, for as long as both sides like. A handler gives its
// response a source; the server sends the head, lets go of all that it had for reading requests, and hands the source a
// writer. The connection ends with the stream.
//
// Thread: the executor's. The server keeps the source until the stream has ended, or the executor's context is gone.
#pragma once

#include <string_view>

namespace ticketd::http {

// To the client. Never calls the source.
class stream_writer {
 public:
  // What the client does not take at once waits here: one that has not taken it in server_settings::write, or for whom
  // more than stream_unread_max waits, is dropped. After the end it does nothing.
  virtual void write(std::string_view text) = 0;
  // The stream ends when the client has taken what was written.
  virtual void end() = 0;

 protected:
  ~stream_writer() = default;
};

enum class stream_end {
  by_us,
  by_client,
  not_read,  // by us, as the client did not take what was written
};

class stream_source {
 public:
  virtual ~stream_source() = default;

  // The head is sent. The writer lives until closed().
  virtual void opened(stream_writer& to) = 0;
  // The server drains, and ends the stream behind what is written now. After opened().
  virtual void say_goodbye(stream_writer& to) = 0;
  // After opened(), once and last.
  virtual void closed(stream_end how) = 0;
};

}  // namespace ticketd::http
