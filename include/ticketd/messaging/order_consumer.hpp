// Hands the worker the orders of the queue, in the queue's order, a batch at a time.
//
// A message of a version that is not known here (docs/architecture.md, "The message") ends the consuming: what came
// before it is handed out, then the connection is closed, so that a newer worker's consumer takes over, and nothing
// more is consumed by this one.
//
// The queue has a single active consumer: a second worker's consumer waits at the broker and takes over when the first
// one's connection ends. Messages are collected while the batch before is being settled, so batches grow by themselves
// when the worker is the bottleneck.
//
// Thread: every member belongs to the executor's thread; the AMQP connection lives on a thread of its own, which is
// started by the factory and joined by the destructor.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/messaging/broker_settings.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::messaging {

// The largest that consumer_settings::batch_max may be.
inline constexpr std::size_t batch_max_most = 50'000;

struct consumer_settings {
  broker_settings broker{};
  queue_settings queue{};
  std::size_t batch_max = 2000;  // orders a batch; 1 switches batching off. More: longer locks, later first answers
  // How long a batch that is not full waits for more messages. More: fewer transactions, later answers.
  std::chrono::microseconds wait_max{5000};
  std::uint16_t prefetch = 400;  // messages on their way to this worker at once, or fewer where they are large
  // Of the messages that wait here or are being settled; as orders they take about twice as much. More: memory.
  std::size_t bytes_max = 32 * 1024 * 1024;
  // The longest that a batch waits for its dead letters to be confirmed. Longer: a broker that takes none holds up
  // settlement for as long, once; shorter: one that is merely busy sets whole messages aside, without the reason.
  std::chrono::milliseconds dead_letter_wait{2000};
};

// An order that can never be settled, and why. It goes to the dead-letter queue alone.
struct dead_letter {
  std::string body;  // a message of its own, replayable as it stands where it can be
  std::string reason;
  std::optional<domain::order_id> order{};  // which one, where it could be read
  // Of one that could not be read whole: what could, if its id is among it. For the rest stands what is harmless.
  std::optional<domain::accepted_order> remains{};
};

// One message of a batch, and how much of the batch came in it.
struct delivery {
  std::uint64_t tag = 0;
  std::size_t orders = 0;
  std::size_t malformed = 0;
};

// A batch stays with its consumer until it is acknowledged; if the connection ends before, the broker delivers the
// same messages again.
struct order_batch {
  std::vector<domain::accepted_order> orders;  // well-formed, in the order of the queue; may be empty
  std::vector<dead_letter> malformed;          // what could not be read as an order
  std::vector<delivery> deliveries;            // the messages they came in, in the same order
  std::uint64_t connection = 0;                // which connection it came by ...
  std::uint64_t last_delivery = 0;             // ... and its last delivery tag there
};

// Takes those of `malformed` out of the batch that have ended all the same: they are no dead letters.
void drop_malformed(order_batch& batch, const std::vector<bool>& have_ended);

class order_consumer {
 public:
  virtual ~order_consumer() = default;

  // Waits for a batch, however long. An empty batch means that the consumer is stopping. One caller at a time, who has
  // acknowledged the batch before (or heard that its connection has ended): an acknowledgement covers all before it.
  [[nodiscard]] virtual awaitable<order_batch> next() = 0;

  // Acknowledges the messages of the batch, whose orders stand in it still. Those with dead letters in them (the
  // malformed ones, and `undecidable`) come last: when the broker has confirmed the letters, which are published on a
  // connection of their own. Where it does not within a moment (a memory alarm blocks who publishes), the broker is
  // asked to set the whole message aside itself, which it always can. False if the connection ended first: what is left
  // will come again.
  [[nodiscard]] virtual awaitable<bool> acknowledge(const order_batch& batch, std::vector<dead_letter> undecidable) = 0;

  // Connected, with the topology declared (active or standing by), and not stopped by an unknown version.
  [[nodiscard]] virtual bool is_ready() const noexcept = 0;

  // By then everything that had been in the queue was delivered to this consumer, and acknowledged: the broker said so.
  // Of several consumers deliveries come to one, for as long as its connection lasts. nullopt: it was not so while this
  // connection lasts.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> drained_at() const noexcept = 0;

  // Whether it is known that deliveries come to this one.
  [[nodiscard]] virtual bool is_active() const noexcept = 0;

  // Makes next() return an empty batch from now on.
  virtual void stop() = 0;
};

// Throws std::invalid_argument for a bad URL. A broker that is not there is no failure: it is tried again and again.
// Goes away before its executor's context; what was not acknowledged goes back to the queue.
[[nodiscard]] std::unique_ptr<order_consumer> make_order_consumer(const asio::any_io_executor& executor,
                                                                  consumer_settings settings,
                                                                  observability::metrics& metrics);

// A dead letter for an order that was well-formed and still can't be settled.
[[nodiscard]] dead_letter make_dead_letter(const domain::accepted_order& order, std::string reason);

}  // namespace ticketd::messaging
