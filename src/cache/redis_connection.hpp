// One connection to Redis, shared by all who call: commands are sent as they come, without waiting for earlier replies.
//
// A call that is not answered by its deadline takes the whole connection with it, as what comes behind it on the same
// stream cannot be answered either; everybody who waits then gets "no reply". A closed connection stays closed.
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/one_shot.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisAsyncContext;

namespace ticketd::cache {

enum class reply_kind {
  none,  // no reply: the connection was lost, or the deadline passed
  nil,
  text,  // a string or a status
  integer,
  error,  // what Redis says of what it refused
  other,
};

struct reply {
  reply_kind kind = reply_kind::none;
  std::string text;  // of a text or an error
};

class redis_connection : public std::enable_shared_from_this<redis_connection> {
 public:
  // Begins to connect; commands may be sent at once. `on_closed` is called once, and may not call back.
  [[nodiscard]] static std::shared_ptr<redis_connection> open(const asio::any_io_executor& executor,
                                                              const asio::ip::tcp::endpoint& server,
                                                              std::function<void()> on_closed);
  ~redis_connection();

  // A command's name, and what follows it; views that are valid during the call.
  using arguments = std::span<const std::string_view>;
  [[nodiscard]] awaitable<reply> call(arguments command, deadline until);

  // Sends without anybody waiting for the reply.
  void post(arguments command, deadline until);

  [[nodiscard]] bool is_open() const noexcept { return context_ != nullptr; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }
  void close();

 private:
  using answer = async::one_shot<reply>;

  struct pending {
    deadline until;
    std::shared_ptr<answer> to;  // shared: who waited may be gone when the reply comes; null where nobody waits
  };

  redis_connection(const asio::any_io_executor& executor, std::function<void()> on_closed);
  void connect(const asio::any_io_executor& executor, const asio::ip::tcp::endpoint& server);
  bool send(arguments command, pending entry);
  static void on_reply(redisAsyncContext*, void* raw_reply, void* self);
  void on_gone();
  void watch(deadline until);
  void take_what_is_there();
  void look_for_overdue();

  redisAsyncContext* context_ = nullptr;  // owned; hiredis frees it too, and then says so by on_gone()
  std::function<void()> on_closed_;
  std::deque<pending> in_flight_;  // in the order of sending, which is the order of replies
  asio::steady_timer watchdog_;    // runs at the earliest deadline, or before
  bool is_watching_ = false;
};

}  // namespace ticketd::cache
