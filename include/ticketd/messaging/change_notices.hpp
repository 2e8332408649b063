// What a worker tells the replicas: which orders a commit has changed. One message a batch, to a fan-out exchange, from
// which each replica has a queue of its own that lives as long as its connection. Nothing is confirmed and nothing is
// kept: a notice may be lost, and whoever listens finds out by itself what it has missed (orders/watch_orders.hpp).
//
// Thread: every member belongs to the executor's thread; the AMQP connection lives on a thread of its own, which is
// started by the factory and joined by the destructor.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/messaging/broker_settings.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::messaging {

struct change_settings {
  broker_settings broker{};
  queue_settings queue{};
  // Orders that wait here for the broker, while it is slow or away; beyond it the oldest are dropped. More: memory.
  std::size_t orders_max = 100'000;
  // Notices that wait at the broker for one replica, the oldest of which make room. More: a replica that stood still
  // hears more of what it will have found by itself.
  std::int64_t queue_length_max = 1000;
};

class change_publisher {
 public:
  virtual ~change_publisher() = default;

  // Returns at once.
  virtual void publish(std::span<const domain::order_id> changed) = 0;
};

class change_subscriber {
 public:
  virtual ~change_subscriber() = default;

  // The broker delivers to this one: what happens from now on is heard, unless it is lost.
  [[nodiscard]] virtual bool is_listening() const noexcept = 0;
};

// Both throw std::invalid_argument for a bad URL. A broker that is not there is no failure: it is tried again and
// again.
[[nodiscard]] std::unique_ptr<change_publisher> make_change_publisher(change_settings settings,
                                                                      observability::metrics& metrics);

// `heard` is called on the executor's thread, never after the subscriber has gone.
[[nodiscard]] std::unique_ptr<change_subscriber> make_change_subscriber(
    const asio::any_io_executor& executor, change_settings settings,
    std::function<void(std::span<const domain::order_id>)> heard, observability::metrics& metrics);

}  // namespace ticketd::messaging
