// The decisions of a bounded pool: who gets a connection, who waits, who is refused, and when one more is opened.
//
// A plain class, tested without a network: Connection and Waiter are whatever the pool uses. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace ticketd::persistence {

template <class Connection, class Waiter>
class pool_state {
 public:
  enum class admission { may_wait, unreachable, too_many_waiters };
  struct grant {
    Waiter to;
    Connection of;
  };

  pool_state(std::size_t connections_max, std::size_t waiters_max)
      : connections_max_(connections_max), waiters_max_(waiters_max) {}

  // The connection used last: the rest may grow cold. It counts as busy until given_back() or discarded(). Nobody
  // waits while one is idle, so taking one overtakes nobody.
  [[nodiscard]] std::optional<Connection> take_idle() {
    if (idle_.empty()) return std::nullopt;
    auto taken = std::move(idle_.back());
    idle_.pop_back();
    ++busy_;
    return taken;
  }

  // For a caller that found none idle. With the server down and none busy that might come back, there is nothing to
  // wait for.
  [[nodiscard]] admission admit() const noexcept {
    if (is_down_ && busy_ == 0) return admission::unreachable;
    return waiters_.size() < waiters_max_ ? admission::may_wait : admission::too_many_waiters;
  }
  void join(Waiter waiter) { waiters_.push_back(waiter); }
  void leave(Waiter waiter) { std::erase(waiters_, waiter); }

  // Whether to open one more: as many as wait; but after a failure only one at a time tries, wanted or not, so that
  // the server's return is noticed.
  [[nodiscard]] bool wants_another() const noexcept {
    if (open() + opening_ >= connections_max_) return false;
    if (is_down_ || is_full_) return opening_ == 0;
    return opening_ < std::max<std::size_t>(waiters_.size(), is_suspect_ ? 1 : 0);
  }
  void opening() noexcept { ++opening_; }

  [[nodiscard]] std::optional<grant> opened(Connection connection) {
    --opening_;
    is_down_ = is_suspect_ = is_full_ = false;
    has_ever_opened_ = true;
    return offer(std::move(connection));
  }

  // Those who wait for nothing now.
  [[nodiscard]] std::deque<Waiter> failed_to_open() {
    --opening_;
    is_down_ = true;
    if (busy_ > 0) return {};
    return std::exchange(waiters_, {});
  }

  // The server has no connection left for us. With some open we go on with those; without any it is as good as down.
  [[nodiscard]] std::deque<Waiter> found_no_room() {
    if (open() == 0) return failed_to_open();
    --opening_;
    is_full_ = true;
    return {};
  }

  // For who has paused after a failure, and counts as opening: whether to try again. A full server is left alone where
  // nobody waits.
  [[nodiscard]] bool tries_again() noexcept {
    if (is_down_ || !waiters_.empty()) return true;
    --opening_;
    is_full_ = false;
    return false;
  }

  [[nodiscard]] std::optional<grant> given_back(Connection connection) {
    --busy_;
    return offer(std::move(connection));
  }

  // A busy connection is no more. If the server broke it, the server may well be gone: the next attempt to open one
  // tells.
  void discarded(bool by_the_server) noexcept {
    --busy_;
    if (by_the_server) is_suspect_ = true;
  }

  // Takes out the idle connections that are `dead`.
  template <class Dead>
  void sweep(Dead dead) {
    if (std::erase_if(idle_, dead) > 0) is_suspect_ = true;
  }

  [[nodiscard]] bool is_reachable() const noexcept { return has_ever_opened_ && !is_down_ && !is_suspect_; }
  [[nodiscard]] std::size_t busy() const noexcept { return busy_; }
  [[nodiscard]] std::size_t open() const noexcept { return busy_ + idle_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  std::optional<grant> offer(Connection connection) {
    if (waiters_.empty()) {
      idle_.push_back(std::move(connection));
      return std::nullopt;
    }
    auto first = waiters_.front();
    waiters_.pop_front();
    ++busy_;
    return grant{first, std::move(connection)};
  }

  std::size_t connections_max_;
  std::size_t waiters_max_;
  std::vector<Connection> idle_;
  std::deque<Waiter> waiters_;
  std::size_t busy_ = 0;
  std::size_t opening_ = 0;
  bool is_down_ = false;     // the last attempt to open one failed
  bool is_full_ = false;     // the server had no room for one more
  bool is_suspect_ = false;  // one broke, and none was opened since
  bool has_ever_opened_ = false;
};

}  // namespace ticketd::persistence
