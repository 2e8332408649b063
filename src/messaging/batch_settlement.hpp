// What becomes of the messages of a batch that is settled: which are acknowledged at once, and which wait for the dead
// letters that were in them.
//
// A plain class: no I/O. Thread: any, as it is only read once it is made.
#pragma once

#include "messaging/confirm_window.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ticketd::messaging {

enum class delivery_verdict {
  acknowledge,
  acknowledge_up_to,  // it, and all that came before it
  set_aside,          // the broker dead-letters it itself, whole
};

struct delivery_answer {
  std::uint64_t tag = 0;
  delivery_verdict verdict = delivery_verdict::acknowledge;

  friend bool operator==(const delivery_answer&, const delivery_answer&) = default;
};

class batch_settlement {
 public:
  // Of orders that stand in the batch. One that came in several messages has a dead letter in each.
  batch_settlement(const order_batch& batch, std::vector<dead_letter> undecidable);

  // The malformed ones first, then the undecidable.
  [[nodiscard]] const std::vector<dead_letter>& dead_letters() const noexcept { return dead_letters_; }

  // For what has no dead letters in it. Everything before the batch is answered already.
  [[nodiscard]] const std::vector<delivery_answer>& at_once() const noexcept { return at_once_; }

  // For the rest, given what became of each dead letter. A message of which one may not be there is set aside whole:
  // what of it was settled is known, and is skipped when somebody replays it.
  [[nodiscard]] std::vector<delivery_answer> afterwards(std::span<const delivery_outcome> dead_letters) const;

 private:
  struct delivery_with_dead_letters {
    std::uint64_t tag = 0;
    std::vector<std::size_t> dead_letters;
  };

  std::vector<dead_letter> dead_letters_;
  std::vector<delivery_answer> at_once_;
  std::vector<delivery_with_dead_letters> waiting_;
};

}  // namespace ticketd::messaging
