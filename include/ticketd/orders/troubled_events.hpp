// Events whose rows the database refuses, or is slow with, while it takes those of others: when each is tried again.
//
// A plain class with the time injected. Thread: one.
#pragma once

#include "ticketd/async/backoff.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::orders {

struct trouble_settings {
  async::backoff_settings pauses;  // of one that the database refuses
  // One that was slow stays in trouble for so long after: it may be quick enough this time, and hold up others the
  // next. Longer: its orders take the slower way for longer.
  std::chrono::milliseconds slow_for = std::chrono::seconds(30);
};

class troubled_events {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit troubled_events(trouble_settings settings) : settings_(settings) {}

  // True where it did not pause before.
  bool failed(std::string_view event_id, time_point now);
  bool was_slow(std::string_view event_id, time_point now);
  bool recovered(std::string_view event_id, time_point now);

  [[nodiscard]] bool is_empty() const noexcept { return events_.empty(); }
  [[nodiscard]] bool contains(std::string_view event_id) const { return events_.contains(event_id); }
  // Those whose pause is not over.
  [[nodiscard]] std::vector<std::string> pausing(time_point now) const;
  [[nodiscard]] bool is_pausing(std::string_view event_id, time_point now) const;

 private:
  struct trouble {
    async::backoff pause;
    time_point until;
    time_point slow_until{};
  };

  trouble_settings settings_;
  std::map<std::string, trouble, std::less<>> events_;
};

}  // namespace ticketd::orders
