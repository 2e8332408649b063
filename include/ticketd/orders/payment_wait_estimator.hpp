// How long an order that is reserved now will wait for its first charge: how many wait, by how many are charged a
// second.
//
// How many wait is everybody's, so that it does not matter how many workers charge; how many came is what this worker
// reserved, which is all where it alone settles.
//
// Thread: the executor's. The database outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/payment_claims.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ticketd::orders {

struct wait_estimate_settings {
  std::chrono::seconds every{1};             // between two counts. Shorter: more scans of those who wait
  std::chrono::seconds counting{1};          // deadline of a count
  std::chrono::seconds known_after{10};      // of waiting without an end. Shorter: a rate that is still rising counts
  std::chrono::seconds memory{10};           // of the rate. Longer: steadier, and later to follow
  std::chrono::seconds forgotten_after{60};  // of nobody waiting, when no rate is seen
  std::chrono::seconds wait_max{86'400};     // no more is ever expected
};

class payment_wait_estimator {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit payment_wait_estimator(const wait_estimate_settings& settings = {}) : settings_(settings) {}

  // A commit has reserved so many orders.
  void note_reserved(std::size_t orders) noexcept { reserved_ += static_cast<std::int64_t>(orders); }
  void note_waiting(persistence::waiting_charges waiting, time_point now);

  // nullopt while it is not known: a rate is only seen while somebody waits, and charging takes a while to come up to
  // speed.
  [[nodiscard]] std::optional<std::chrono::seconds> expected_wait() const;

  // Counts again and again, until the executor stops.
  [[nodiscard]] awaitable<> watch(persistence::database& database);

 private:
  wait_estimate_settings settings_;
  std::int64_t reserved_ = 0;  // since the last count
  persistence::waiting_charges waiting_{};
  std::optional<time_point> counted_at_;
  time_point::duration seen_{0};  // the rate, for so long
  time_point::duration idle_{0};  // nobody has waited
  double a_second_ = 0;
};

}  // namespace ticketd::orders
