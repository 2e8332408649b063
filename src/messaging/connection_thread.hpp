// The thread of one AMQP connection: connects, hands what comes in to its user, lets the user write, and after a loss
// connects again, with growing and jittered pauses, until it is stopped.
//
// Thread: its own, which is the user's, too. start(), stop() and the destructor are its owner's; other threads hand
// something to the user, which keeps it under a lock, and call wake().
#pragma once

#include "messaging/amqp_connection.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <string_view>
#include <thread>

namespace ticketd::messaging {

// What a connection is for. Every member is called on the connection's thread; false ends the connection (which then
// knows why).
class connection_user {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  connection_user() = default;
  virtual ~connection_user() = default;
  connection_user(const connection_user&) = delete;
  connection_user& operator=(const connection_user&) = delete;

  // Logged in and the topology declared.
  [[nodiscard]] virtual bool on_open(amqp_connection& connection) = 0;
  [[nodiscard]] virtual bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) = 0;
  // Once a turn, after the frames.
  [[nodiscard]] virtual bool on_turn(amqp_connection& connection, time_point now) = 0;

  // Whether there is something to write, for which the socket had no room.
  [[nodiscard]] virtual bool wants_to_write() const = 0;
  // When on_turn() is to be called even if nothing happens.
  [[nodiscard]] virtual time_point next_turn() const = 0;

  // Whether there should be a connection. One that is not wanted any more is closed; it is asked again about every
  // second, and after a wake().
  [[nodiscard]] virtual bool wants_connection() const { return true; }

  // There is no connection: it ended, could not be made, or wake() was called in between. Answers what waits for one.
  virtual void on_down() = 0;
};

// Ends a poll() from another thread (an eventfd).
class wakeup {
 public:
  wakeup();
  ~wakeup();
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;

  void signal();  // any thread
  void clear();
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

class connection_thread {
 public:
  // `user` outlives the thread. Nothing happens before start().
  connection_thread(connection_settings settings, queue_settings queue, connection_user& user);
  ~connection_thread() { stop(); }
  connection_thread(const connection_thread&) = delete;
  connection_thread& operator=(const connection_thread&) = delete;

  void start();
  // Returns when the thread has ended, within a second or so whatever the peer does; later only while a broker's name
  // is being looked up, or an address that does not answer is being tried: each ends by its own limit
  // (connection_limits). Any number of times.
  void stop();
  void wake() { wakeup_.signal(); }  // any thread

 private:
  void run();
  void keep_one_connection(async::backoff& pauses);
  void wait_until_wanted();
  [[nodiscard]] bool is_wanted() const { return !is_stopping_ && user_.wants_connection(); }
  [[nodiscard]] bool open(amqp_connection& connection);
  void serve(amqp_connection& connection);
  [[nodiscard]] bool take_turn(amqp_connection& connection);
  void wait_for_something(amqp_connection& connection);
  [[nodiscard]] bool read_frames(amqp_connection& connection);
  void pause(std::chrono::milliseconds span);
  void sleep_until(std::chrono::steady_clock::time_point until);

  connection_settings settings_;
  queue_settings queue_;
  connection_user& user_;
  wakeup wakeup_;
  connection_interrupter interrupter_;
  std::size_t failed_attempts_ = 0;  // the thread's
  std::atomic<bool> is_stopping_{false};
  std::promise<void> ended_;
  std::thread thread_;
};

}  // namespace ticketd::messaging
