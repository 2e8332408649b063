// One connection to Redis, shared by all who call: commands are sent as they come, without waiting for earlier replies.
//
// A call that is not answered by its deadline takes the whole connection with it, as what comes behind it on the same
// stream cannot be answered either; everybody who waits then gets "no reply". A closed connection stays closed.
//
// Thread: the executor's.
#pragma once

#include "cache/redis_stream.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/one_shot.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisReader;

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
                                                              redis_server server, std::function<void()> on_closed);
  ~redis_connection();

  // A command's name, and what follows it; views that are valid during the call.
  using arguments = std::span<const std::string_view>;
  [[nodiscard]] awaitable<reply> call(arguments command, deadline until);

  // Sends without anybody waiting for the reply.
  void post(arguments command, deadline until);

  [[nodiscard]] bool is_open() const noexcept { return stream_ != nullptr; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }
  void close();

 private:
  using answer = async::one_shot<reply>;

  struct pending {
    deadline until;
    std::shared_ptr<answer> to;  // shared: who waited may be gone when the reply comes; null where nobody waits
  };

  struct reader_deleter {
    void operator()(redisReader* reader) const noexcept;
  };

  redis_connection(const asio::any_io_executor& executor, redis_server server, std::function<void()> on_closed);
  // Both hold the stream, and this only for as long as it takes: who forgets the connection has closed it.
  static awaitable<> read_replies(std::shared_ptr<redis_stream> stream, std::weak_ptr<redis_connection> to);
  static awaitable<> write_commands(std::shared_ptr<redis_stream> stream, std::weak_ptr<redis_connection> from);
  bool send(arguments command, pending entry);
  void begin_to_write();
  // False for what is no reply, or was not asked for.
  [[nodiscard]] bool take(std::string_view received);
  void watch(deadline until);
  void look_for_overdue();
  void judge_overdue(bool are_replies_coming);

  asio::any_io_executor executor_;
  std::shared_ptr<redis_stream> stream_;  // null: closed
  std::unique_ptr<redisReader, reader_deleter> reader_;
  std::function<void()> on_closed_;
  std::string unsent_;
  bool is_connected_ = false;
  bool is_writing_ = false;
  std::deque<pending> in_flight_;  // in the order of sending, which is the order of replies
  std::uint64_t answered_ = 0;
  asio::steady_timer watchdog_;  // runs at the earliest deadline, or before
  bool is_watching_ = false;
};

}  // namespace ticketd::cache
