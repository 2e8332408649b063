// The consumer's side of batching: messages that have been delivered and wait to be handed out, and when enough of
// them have.
//
// Bounded by the prefetch: the broker delivers no more than that without an acknowledgement.
//
// A plain class with the time injected: one thread at a time.
#pragma once

#include "messaging/order_codec.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace ticketd::messaging {

struct collector_settings {
  std::size_t batch_max;     // orders of a batch
  std::size_t messages_max;  // the prefetch: with so many waiting nothing more comes, so neither must they wait
  std::chrono::microseconds wait_max;
};

class delivery_collector {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit delivery_collector(collector_settings settings) : settings_(settings) {}

  void add(std::uint64_t delivery_tag, decoded_message message, time_point now);

  // A batch if one is full, or its first message has waited long enough. A message is never divided, as it can only be
  // acknowledged whole: one that holds more than batch_max orders is a batch of its own.
  [[nodiscard]] std::optional<order_batch> take(time_point now);

  // When take() will have a batch even if nothing more comes; nullopt while nothing waits.
  [[nodiscard]] std::optional<time_point> due_at() const;

  [[nodiscard]] bool is_empty() const { return waiting_.empty(); }

  // The connection has ended: the broker will deliver all of it again.
  void clear();

 private:
  struct waiting {
    std::uint64_t delivery_tag = 0;
    time_point arrived_at;
    decoded_message message;
  };

  collector_settings settings_;
  std::deque<waiting> waiting_;
  std::size_t orders_ = 0;
};

}  // namespace ticketd::messaging
