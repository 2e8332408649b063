// A queue of a test's own: what was published, and batches to settle.
#pragma once

#include "ticketd/async/one_shot.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace ticketd::test {

class fake_publisher final : public messaging::order_publisher {
 public:
  messaging::publish_outcome outcome = messaging::publish_outcome::confirmed;
  std::vector<domain::accepted_order> published;

  awaitable<messaging::publish_outcome> publish(domain::accepted_order order, deadline) override {
    published.push_back(std::move(order));
    co_return outcome;
  }
  bool is_connected = true;
  bool is_ready() const noexcept override { return is_connected; }
  std::optional<messaging::queue_backlog> in_queue = messaging::queue_backlog{};
  std::optional<messaging::queue_backlog> backlog() const noexcept override { return in_queue; }
  std::chrono::milliseconds confirms_take{};
  std::chrono::milliseconds confirm_time() const noexcept override { return confirms_take; }
  bool is_drained = false;
  awaitable<> drain(deadline) override {
    is_drained = true;
    co_return;
  }
};

// Hands out its batches, and then the empty one that ends the worker's loop.
class fake_consumer final : public messaging::order_consumer {
 public:
  std::deque<messaging::order_batch> batches;
  bool is_waiting = false;  // for a batch that does not come
  int acknowledged = 0;
  std::vector<messaging::dead_letter> dead_letters;

  awaitable<messaging::order_batch> next() override {
    messaging::order_batch batch;
    if (is_waiting) co_await never_.wait();
    if (!batches.empty()) {
      batch = std::move(batches.front());
      batches.pop_front();
    }
    co_return batch;
  }
  awaitable<bool> acknowledge(const messaging::order_batch&, std::vector<messaging::dead_letter> undecidable) override {
    ++acknowledged;
    dead_letters.insert(dead_letters.end(), undecidable.begin(), undecidable.end());
    co_return true;
  }
  bool is_ready() const noexcept override { return true; }
  bool is_the_active_one = true;
  bool is_active() const noexcept override { return is_the_active_one; }
  std::optional<std::chrono::steady_clock::time_point> drained;
  std::optional<std::chrono::steady_clock::time_point> drained_at() const noexcept override { return drained; }
  void stop() override { batches.clear(); }

 private:
  async::one_shot<int> never_;  // not in the coroutine, which would keep itself alive
};

}  // namespace ticketd::test
