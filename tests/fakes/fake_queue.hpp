// A queue of a test's own: what was published, and batches to settle.
#pragma once

#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <deque>
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
  bool is_ready() const noexcept override { return true; }
  bool is_backed_up = false;
  bool has_backlog() const noexcept override { return is_backed_up; }
  awaitable<> drain(deadline) override { co_return; }
};

// Hands out its batches, and then the empty one that ends the worker's loop.
class fake_consumer final : public messaging::order_consumer {
 public:
  std::deque<messaging::order_batch> batches;
  int acknowledged = 0;
  std::vector<messaging::dead_letter> dead_letters;

  awaitable<messaging::order_batch> next() override {
    messaging::order_batch batch;
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
  void stop() override { batches.clear(); }
};

}  // namespace ticketd::test
