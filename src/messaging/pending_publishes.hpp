// The publisher on the Asio thread: who waits for what, in which batch, and until when.
//
// Thread: the executor's. Kept alive by the coroutines that are on their way through it.
#pragma once

#include "messaging/in_flight_bound.hpp"
#include "messaging/order_batcher.hpp"
#include "messaging/publisher_connection.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace ticketd::messaging {

// A buyer who waits. Shared by the buyer's coroutine and the batch, so that whoever comes late finds it alive.
struct waiting_order {
  deadline until;
  async::one_shot<publish_outcome> outcome;
};

using waiting_order_ptr = std::shared_ptr<waiting_order>;

struct open_order {
  domain::accepted_order order;
  waiting_order_ptr buyer;
};

// A batch that the connection's thread has.
struct sent_batch {
  std::chrono::steady_clock::time_point sent_at;
  std::vector<waiting_order_ptr> buyers;
};

class pending_publishes : public std::enable_shared_from_this<pending_publishes> {
 public:
  pending_publishes(const asio::any_io_executor& executor, const publisher_settings& settings,
                    observability::metrics& metrics)
      : settings_(settings),
        metrics_(metrics),
        breaker_(settings.breaker),
        bound_({.ceiling = settings.in_flight_max}),
        batcher_(batcher_settings{.batch_max = settings.batch_max, .wait_max = settings.wait_max}),
        batch_timer_(executor),
        deadline_timer_(executor),
        emptied_(executor) {}

  // Where batches go: to the connection's thread.
  void send_to(std::function<void(outgoing_batch)> sink) { sink_ = std::move(sink); }

  [[nodiscard]] bool is_ready() const noexcept { return is_ready_ && breaker_.state() == async::breaker_state::closed; }
  [[nodiscard]] std::optional<queue_backlog> backlog() const noexcept;
  [[nodiscard]] std::chrono::milliseconds confirm_time() const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(confirm_time_);
  }
  [[nodiscard]] awaitable<publish_outcome> publish(domain::accepted_order order, deadline until);
  [[nodiscard]] awaitable<> drain(deadline until);
  void on_notification(const publisher_notification& notification);
  // The publisher goes away: everybody who waits is told what is known.
  void close();

 private:
  // Why an order is not even begun; nullopt: it may be.
  [[nodiscard]] std::optional<publish_outcome> refuse(deadline until);
  [[nodiscard]] waiting_order_ptr join(domain::accepted_order order, deadline until);
  void send_if_due();
  void send_open_batch();
  void arm_batch_timer(deadline at);
  void watch_deadline(deadline until);
  void answer_overdue();
  void settle(const settled_message& settled);
  void answer(waiting_order& buyer, publish_outcome outcome);
  void count_out(std::size_t orders);
  void note_answer(bool came);
  [[nodiscard]] bool is_backed_up() const noexcept;

  publisher_settings settings_;
  observability::metrics& metrics_;
  std::function<void(outgoing_batch)> sink_;
  async::circuit_breaker breaker_;
  in_flight_bound bound_;
  std::chrono::steady_clock::duration confirm_time_{};  // an average that forgets
  order_batcher batcher_;
  std::vector<open_order> open_;
  std::map<std::uint64_t, sent_batch> sent_;  // by number, so the oldest first; no more than in_flight_max
  std::uint64_t last_number_ = 0;
  queue_backlog backlog_{};  // as the broker said last, and what was sent since
  std::chrono::steady_clock::time_point heard_at_{};
  std::size_t in_flight_ = 0;  // open or sent, buyers that gave up included
  asio::steady_timer batch_timer_;
  deadline batch_timer_at_ = deadline::max();
  asio::steady_timer deadline_timer_;
  deadline watched_deadline_ = deadline::max();  // no buyer's is earlier
  async::auto_reset_event emptied_;
  bool is_ready_ = false;
  bool is_closed_ = false;
};

}  // namespace ticketd::messaging
