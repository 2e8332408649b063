// What time it is at the database: on hosts whose clocks differ a sale opens for all replicas at once.
//
// The offset of its clock to this host's steady clock is asked for now and then, and kept while the database is away.
// Until it has answered once, this host's clock counts.
//
// Thread: one, the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/clock.hpp"

#include <chrono>
#include <optional>

namespace ticketd::persistence {

class database;

struct database_clock_settings {
  // Of one answer, session included. Longer: a database that hangs is asked again later.
  std::chrono::milliseconds answer{1000};
  // How often it is asked for. Longer: a clock that was set is noticed later; and until it has answered once.
  std::chrono::milliseconds look_every{2000};
  std::chrono::milliseconds look_until_first{100};
};

class database_clock final : public domain::clock {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit database_clock(database_clock_settings settings = {}) noexcept : settings_(settings) {}

  [[nodiscard]] domain::timestamp now() const noexcept override { return at(steady()); }
  [[nodiscard]] domain::timestamp at(time_point moment) const noexcept;

  // The database said so at some moment between these two.
  void observe(domain::timestamp said, time_point asked, time_point answered) noexcept;

  // Asks until the executor stops. The clock and the database outlive it.
  [[nodiscard]] awaitable<> follow(database& of);

 private:
  struct offset {
    std::chrono::microseconds ahead;        // of the steady clock
    std::chrono::microseconds uncertainty;  // to either side
    time_point heard_at;
  };
  [[nodiscard]] std::chrono::microseconds uncertainty_at(time_point moment) const noexcept;

  database_clock_settings settings_;
  std::optional<offset> offset_;
};

}  // namespace ticketd::persistence
