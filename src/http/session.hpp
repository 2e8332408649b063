// One connection of the server: reads a request, has it answered, writes the answer, and again.
//
// Thread: the executor's. A session lives in its coroutine's frame; the server knows it by an intrusive list only.
#pragma once

#include "http/http_date.hpp"
#include "http/listener.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/http/problem.hpp"
#include "ticketd/http/server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace ticketd::http {

using boost::system::error_code;
using time_point = std::chrono::steady_clock::time_point;

class session;
using session_hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using session_list = boost::intrusive::list<session, boost::intrusive::base_hook<session_hook>,
                                            boost::intrusive::constant_time_size<false>>;

class stream_connection;
using stream_hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using stream_list = boost::intrusive::list<stream_connection, boost::intrusive::base_hook<stream_hook>,
                                           boost::intrusive::constant_time_size<false>>;

// What the sessions of one server share. They own it together with the server, as a handler may outlast a drain.
struct session_host {
  session_host(const asio::any_io_executor& executor, server_settings limits, handler answer)
      : settings(std::move(limits)), handle(std::move(answer)), session_ended(executor), next_look(executor) {}

  server_settings settings;
  handler handle;
  http_date date;
  session_list sessions;
  stream_list streams;   // what has been a session, and is none any more
  std::size_t open = 0;  // sessions
  bool is_draining = false;
  bool has_drained = false;

  [[nodiscard]] bool has_room_for(std::size_t more) const {
    return open < settings.connections_max + settings.uncounted_connections() + more;
  }

  async::auto_reset_event session_ended;  // set while draining
  asio::steady_timer next_look;           // at who takes too long
};

class session : public session_hook {
 public:
  session(client_socket socket, std::shared_ptr<session_host> host);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  // Until the connection ends.
  [[nodiscard]] awaitable<> serve();
  // Says that there are too many, and ends.
  [[nodiscard]] awaitable<> turn_away();

  // Ends what takes too long. A connection has no timer of its own, as setting one twice a request is a good part of
  // what a request costs; the server calls this for all of them, a few times within the shortest limit.
  void enforce_limits(time_point now);
  void close_if_idle();
  void close();

 private:
  enum class phase { idle, reading, handling, writing, lingering };
  using request_parser = beast::http::request_parser<beast::http::string_body>;

  [[nodiscard]] awaitable<error_code> read_request();
  [[nodiscard]] awaitable<error_code> parse_request();
  [[nodiscard]] bool skip_empty_line();
  [[nodiscard]] awaitable<error_code> invite_body();
  [[nodiscard]] awaitable<error_code> read_more();
  [[nodiscard]] awaitable<response> answer(request&& incoming);
  [[nodiscard]] awaitable<bool> send(response answer, bool keep_alive);
  [[nodiscard]] awaitable<> refuse(const problem& why);
  [[nodiscard]] awaitable<> linger();
  [[nodiscard]] awaitable<> discard_until_closed();

  [[nodiscard]] problem problem_of(status code, std::string detail) const;
  [[nodiscard]] std::optional<problem> explain(const error_code& failure) const;
  [[nodiscard]] bool is_request_line_too_long() const;
  void enter(phase next, std::chrono::milliseconds limit);
  void enter_unlimited(phase next);

  client_socket socket_;
  std::shared_ptr<session_host> host_;
  beast::flat_buffer buffer_;
  std::optional<request_parser> parser_;  // one for each request: a parser cannot be used again
  phase phase_ = phase::idle;
  time_point limit_ = time_point::max();
  bool is_head_ = false;
  unsigned version_ = 11;
};

}  // namespace ticketd::http
