// How far the worker has come, as it tells the replicas by Redis: up to when everything that was accepted is settled,
// and how long the queue for a charge is.
//
// Whoever settles publishes it, a few times a second. A standby says nothing: it does not know.
//
// Thread: the executor's, in both roles.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ticketd::orders {

struct settlement_progress {
  domain::timestamp as_of;  // by the database's clock
  // What was accepted before is settled. nullopt: not known.
  std::optional<domain::timestamp> settled_up_to;
  // For how long an order that is reserved now will wait for its first charge. nullopt: not known.
  std::optional<std::chrono::seconds> payment_wait;

  friend bool operator==(const settlement_progress&, const settlement_progress&) = default;
};

// What the worker that settles knows.
struct settlement_marks {
  std::optional<domain::timestamp> last_settled{};  // when the last order was accepted that was settled
  std::optional<domain::timestamp> drained_at{};    // when the broker had none waiting
};

// What was accepted before is settled, where an order may be behind one that was accepted so much after it. What says
// that it was accepted later than now proves nothing.
[[nodiscard]] std::optional<domain::timestamp> settled_up_to(const settlement_marks& marks, domain::timestamp now,
                                                             std::chrono::milliseconds disorder_max) noexcept;

struct progress_publishing {
  // How often it is published, and how long that may take: what is late is not worth it, as the next one is due.
  // Longer: refusals that hang on it wait longer; shorter: more calls of Redis for nothing.
  std::chrono::milliseconds every{25};
};

// The worker's side. What it is made of outlives it.
class progress_publisher {
 public:
  // `settled_up_to` answers nullopt where this worker is not the one that settles.
  struct sources {
    std::function<std::optional<domain::timestamp>()> settled_up_to;
    std::function<std::optional<std::chrono::seconds>()> payment_wait;
  };

  progress_publisher(cache::versioned_cache& cache, const domain::clock& clock, sources from,
                     progress_publishing settings = {})
      : cache_(&cache), clock_(&clock), from_(std::move(from)), settings_(settings) {}

  // Publishes until the executor stops.
  [[nodiscard]] awaitable<> run();
  [[nodiscard]] awaitable<> publish();

 private:
  cache::versioned_cache* cache_;
  const domain::clock* clock_;
  sources from_;
  progress_publishing settings_;
};

struct progress_settings {
  // For how long has_settled() waits. A worker that is further behind will not be there in time.
  std::chrono::milliseconds wait_max{500};
  std::chrono::milliseconds every{100};         // it is read so often. Shorter: more reads of Redis
  std::chrono::milliseconds every_waiting{20};  // while somebody waits for it
  // While so many wait. As long as it takes all of them to come again and be settled before: so they ask the database
  // together, and not in turns.
  std::chrono::milliseconds every_of_many{200};
  std::size_t many = 32;
  // What is older says nothing. Longer: a worker that hangs is believed for longer; shorter: one that is busy is not.
  std::chrono::milliseconds fresh_for{1000};
};

// A replica's side. Cache and clock outlive it.
class progress_reader {
 public:
  // `cache` null: nobody publishes.
  progress_reader(cache::versioned_cache* cache, const domain::clock& clock, progress_settings settings)
      : cache_(cache), clock_(&clock), settings_(settings) {}

  // Reads until the executor stops.
  [[nodiscard]] awaitable<> run();
  [[nodiscard]] awaitable<> refresh(deadline until);

  // Whether the worker says that what was accepted before `at` is settled. Waits a moment for it. That nobody says
  // anything proves nothing: of an order that somebody has in hand the queue's length does not tell.
  [[nodiscard]] awaitable<bool> has_settled(domain::timestamp at, deadline until);

  // By how much settlement is behind. nullopt: not known.
  [[nodiscard]] std::optional<std::chrono::seconds> lag() const;
  // nullopt: not known.
  [[nodiscard]] std::optional<std::chrono::seconds> payment_wait() const;

 private:
  [[nodiscard]] bool is_fresh() const;
  [[nodiscard]] std::chrono::milliseconds time_to_look() const noexcept;
  [[nodiscard]] awaitable<> next_look();

  cache::versioned_cache* cache_;
  const domain::clock* clock_;
  progress_settings settings_;
  std::shared_ptr<asio::steady_timer> looking_;  // of those who wait, one looks
  std::size_t waiting_ = 0;
  settlement_progress last_{};
};

}  // namespace ticketd::orders
