// Dead letters on the Asio thread: whether the broker took them, within a moment.
//
// Whoever waits here holds up the next batch, so one wait in vain is enough: until the connection for dead letters is
// known to be well again, the next ones are not even tried.
//
// Thread: the executor's. Kept alive by the coroutines that are on their way through it.
#pragma once

#include "messaging/dead_letter_connection.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/one_shot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace ticketd::messaging {

class pending_dead_letters : public std::enable_shared_from_this<pending_dead_letters> {
 public:
  // The longest that a batch waits for its dead letters. Longer: one that hangs holds up settlement for as long;
  // shorter: a broker that is merely busy sets whole messages aside, without the reason.
  explicit pending_dead_letters(std::chrono::milliseconds answer_wait_max) : answer_wait_max_(answer_wait_max) {}

  // Where dead letters go: to the connection's thread.
  struct sink {
    std::function<void(std::vector<outgoing_dead_letter>)> send;
    std::function<void()> forget_unsent;
  };
  void send_to(sink to) { sink_ = std::move(to); }

  // What became of each: `taken` and `not_taken` (no queue is bound for it) are certain. One caller at a time.
  [[nodiscard]] awaitable<std::vector<delivery_outcome>> publish(std::vector<dead_letter> dead_letters);

  void on_notification(const dead_letters_notification& notification);
  // The consumer goes away: who waits hears what is known.
  void close();

 private:
  void give_up();

  std::chrono::milliseconds answer_wait_max_;
  sink sink_;
  std::uint64_t first_number_ = 1;  // of outcomes_
  std::vector<delivery_outcome> outcomes_;
  std::size_t unanswered_ = 0;
  std::shared_ptr<async::one_shot<bool>> answered_;  // of whoever waits: true if all are answered
  bool is_ready_ = false;
  bool is_stuck_ = false;
};

}  // namespace ticketd::messaging
