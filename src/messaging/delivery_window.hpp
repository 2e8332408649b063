// How many messages are on their way to the worker at once (the prefetch), and how many of their bytes it keeps.
//
// The broker counts messages, whatever they hold, and can't be told another number while a consumer lives (basic.qos is
// for the consumers that come after it). So the number follows the size that messages had lately, from one connection
// to the next; and between two connections the bytes have a bound all the same: what there is no room for is not kept,
// and comes again by the next connection.
//
// A plain class: one thread at a time, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace ticketd::messaging {

struct delivery_bounds {
  std::uint16_t messages_max = 1;
  std::size_t bytes_max = 1;  // but for a single message that is larger
};

class delivery_window {
 public:
  explicit delivery_window(delivery_bounds bounds) : bounds_(bounds) {}

  // A connection begins: nothing is held. Answers its prefetch.
  [[nodiscard]] std::uint16_t open();

  // A message of this size is on its way; the broker numbers them from 1. False: there is no room for it, and so none
  // for what comes after it on this connection, which must not overtake it.
  [[nodiscard]] bool admit(std::size_t bytes);
  // These are acknowledged.
  void release_up_to(std::uint64_t delivery_tag);

  // Whether another connection, with another prefetch, would do better, or is needed to go on at all.
  [[nodiscard]] bool is_outgrown() const noexcept;

  // Whether nothing that came is unanswered, what there was no room for included.
  [[nodiscard]] bool is_empty() const noexcept { return sizes_.empty() && !has_overflowed_; }

 private:
  [[nodiscard]] std::uint16_t fitting_messages() const noexcept;

  delivery_bounds bounds_;
  double mean_bytes_ = 0;  // of the messages that came lately, kept or not
  std::uint16_t messages_ = 0;
  bool has_overflowed_ = false;
  std::deque<std::size_t> sizes_;  // of what is held, in order; no more than the prefetch
  std::uint64_t first_tag_ = 1;    // of sizes_
  std::size_t held_ = 0;
};

}  // namespace ticketd::messaging
