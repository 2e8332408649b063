// Takes an accepted order to the broker, and says when the broker has it.
//
// Orders that arrive close together share a message: under light load a message holds one order and waits for nobody,
// under heavy load it holds up to `batch_max`. An order counts as published only when the broker has confirmed a
// persistent, mandatory message on the durable queue (RabbitMQ manual, "Publisher Confirms").
//
// Thread: every member belongs to the executor's thread; the AMQP connection lives on a thread of its own, which is
// started by the factory and joined by the destructor.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/circuit_breaker.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/messaging/broker_settings.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::messaging {

// What waits in the queue, as far as is known: the broker is asked once a second and counts messages, of whose sizes
// this replica knows its own. What the worker has in hand does not count.
struct queue_backlog {
  std::int64_t orders = 0;
  std::int64_t bytes = 0;
};

// The largest that publisher_settings::batch_max may be: every message that an api writes must be one that a worker
// reads (message_bytes_max in messaging/order_message.hpp, which a test fills).
inline constexpr std::size_t publish_batch_max_most = 5'000;

struct publisher_settings {
  broker_settings broker{};
  queue_settings queue{};
  std::size_t batch_max = 100;  // orders a message; 1 switches coalescing off. More: larger redeliveries after a crash
  // The longest that an order waits for others to share its message, at full arrival rate. More: fewer, larger
  // messages, and later answers.
  std::chrono::microseconds wait_max{8000};
  // Orders that may be waiting or unconfirmed at once; beyond it buyers hear "too much in flight". More: memory, and
  // longer waits behind a slow broker.
  std::size_t in_flight_max = 20000;
  // What may wait in the queue; beyond it buyers hear 503, before the broker's disk or memory is the bound. More: hours
  // of backlog, and a broker that must hold it.
  queue_backlog backlog_max{.orders = 2'000'000, .bytes = 1'000'000'000};
  // A dead broker is noticed by its heartbeats; until then by orders in a row whose deadline passed without a confirm:
  // the next ones hear at once that the broker is not there, but for one now and then that tries.
  async::breaker_settings breaker{};
};

enum class publish_outcome {
  confirmed,    // the broker has it, durably
  unreachable,  // nothing was sent: there is no connection, it is blocked or hanging, or this process is stopping.
                // Another replica may have a better one
  overloaded,   // nothing was sent: confirms are slow, and as many orders wait for one here as that allows. Another
                // replica's may be quicker
  unavailable,  // it was certainly not taken: returned, or too much in flight
  refused,      // the broker said no (its queue is full, or failed over it): it may yet be settled
  unknown,      // it was sent, and no confirm came in time: it may yet be settled
};

class order_publisher {
 public:
  virtual ~order_publisher() = default;

  // Never throws. `unknown` at the deadline if the order has been sent by then; the order is then abandoned, not
  // recalled.
  [[nodiscard]] virtual awaitable<publish_outcome> publish(domain::accepted_order order, deadline until) = 0;

  // Connected, topology declared, not blocked by the broker (connection.blocked), and confirms come.
  [[nodiscard]] virtual bool is_ready() const noexcept = 0;

  // nullopt while the broker does not answer.
  [[nodiscard]] virtual std::optional<queue_backlog> backlog() const noexcept = 0;

  // How long a confirm took of late. 0: nothing was confirmed yet.
  [[nodiscard]] virtual std::chrono::milliseconds confirm_time() const noexcept = 0;

  // Sends what is waiting and waits for what is unconfirmed, at most until the deadline. For a graceful stop, after
  // which publish() answers `unreachable`.
  [[nodiscard]] virtual awaitable<> drain(deadline until) = 0;
};

// Throws std::invalid_argument for a bad URL. A broker that is not there is no failure: it is tried again and again.
// Goes away before its executor's context, and after it no order is published.
[[nodiscard]] std::unique_ptr<order_publisher> make_order_publisher(const asio::any_io_executor& executor,
                                                                    publisher_settings settings,
                                                                    observability::metrics& metrics);

}  // namespace ticketd::messaging
