// An HTTP/1.1 server on one Asio thread: keep-alive, pipelining, and a limit on everything that a client could make
// large or slow. Limits of time are looked at a few times within the shortest of them, at least once in
// server_settings::limits_look_max: that much later they may bite.
//
// Thread: the executor's. Its role owns it; the handler outlives the server's run().
#pragma once

#include "ticketd/async/backoff.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ticketd::http {

struct server_settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string local_path;  // of a Unix-domain socket beside the port, for a proxy on this machine; may be empty
  std::size_t header_max = 8 * 1024;          // bytes; beyond it 431, or 414 where the request line alone is
  std::size_t body_max = 16 * 1024;           // bytes; beyond it 413
  std::chrono::milliseconds idle{75'000};     // between requests; longer than Nginx's keepalive_timeout upstream (60 s)
  std::chrono::milliseconds request{10'000};  // from the first byte of a request to its last; beyond it 408
  std::chrono::milliseconds write{10'000};    // for a response to be taken by the client
  // After the last answer, for the client to read it and close: closing first, with bytes of the client's unread, is a
  // reset, which may overtake the answer (RFC 9112, 9.6).
  std::chrono::milliseconds linger{2'000};
  std::size_t connections_max = 10000;  // open at once; beyond it a new one is answered 503 and closed
  // Beyond connections_max so many at once are answered; the rest are closed without a word. More: memory, when there
  // are far too many.
  std::size_t turned_away_max = 64;
  // Taken at once, so that a rush does not wait in the backlog until it is full. More: connections that are open wait.
  int accepts_of_a_turn = 128;
  // After a connection could not be taken (no descriptor is left, most likely: it stays in the backlog).
  async::backoff_settings accept_pauses{};
  // Of a stream's text, that its client has not taken yet; one for whom more waits is dropped. More: memory of each
  // stream whose client is slow.
  std::size_t stream_unread_max = 32 * 1024;
  // How many of the open connections do not count for connections_max, as a bound of their own holds for them. Streams
  // never count.
  std::function<std::size_t()> uncounted_connections = [] { return std::size_t{0}; };
  std::size_t read_bytes = 4096;  // of one read: a request of ticketd's fits. More: memory of each connection
  // The limits of time are looked at so often at least, and at most. Longer: they bite later; shorter: work, with many
  // connections.
  std::chrono::milliseconds limits_look_max{1000};
  std::chrono::milliseconds limits_look_min{5};
  problem_finder problem_of = plain_problem;  // how the server says no by itself
};

// Answers a request. An exception becomes a 500 without detail, and a line in the log.
using handler = std::function<awaitable<response>(request&&)>;

class server {
 public:
  virtual ~server() = default;

  // The bound port (of use where the setting was 0).
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;

  // Without those that have become streams.
  [[nodiscard]] virtual std::size_t open_connections() const noexcept = 0;

  // Accepts and serves until drained.
  [[nodiscard]] virtual awaitable<> run() = 0;

  // Stops accepting, closes idle connections, lets requests in flight be answered (with Connection: close) and streams
  // say goodbye, and returns when all are gone or at the deadline, when it closes the rest.
  [[nodiscard]] virtual awaitable<> drain(deadline until) = 0;
};

// Binds and listens at once, so that a busy port or path fails before anything else starts: throws
// boost::system::system_error.
[[nodiscard]] std::unique_ptr<server> make_server(const asio::any_io_executor& executor, server_settings settings,
                                                  handler handle);

}  // namespace ticketd::http
