// Lets Asio tell hiredis when its socket can be read or written: hiredis brings adapters for other event loops, and
// none for Asio.
//
// Thread: the executor's. Lives as long as its context, and as long as a wait for the socket has not come back.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>

struct redisAsyncContext;

namespace ticketd::cache {

class hiredis_events : public std::enable_shared_from_this<hiredis_events> {
 public:
  // `on_gone` is called once, when hiredis begins to free the context, for whatever reason: the last moment to forget
  // the pointer. It may not call hiredis.
  static void attach(const boost::asio::any_io_executor& executor, redisAsyncContext& context,
                     std::function<void()> on_gone);

  hiredis_events(const boost::asio::any_io_executor& executor, redisAsyncContext& context,
                 std::function<void()> on_gone);

 private:
  static void add_read(void* self);
  static void stop_read(void* self);
  static void add_write(void* self);
  static void stop_write(void* self);
  static void clean_up(void* self);

  void wait_to_read();
  void wait_to_write();

  boost::asio::posix::stream_descriptor descriptor_;
  redisAsyncContext* context_;  // null once hiredis has begun to free it
  std::function<void()> on_gone_;
  std::shared_ptr<hiredis_events> self_;  // what the context's hooks point to, until it is gone
  bool is_read_wanted_ = false;
  bool is_write_wanted_ = false;
  bool is_waiting_to_read_ = false;
  bool is_waiting_to_write_ = false;
};

}  // namespace ticketd::cache
