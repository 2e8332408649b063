// What a replica knows of all events together: their list, and which ids were given out.
//
// A plain class with the time injected: no I/O, one thread at a time.
#pragma once

#include "catalog/local_copies.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace ticketd::catalog {

class known_events {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using event_list = std::vector<snapshot_ptr>;

  // `fresh_for` is how long either answers without another reading.
  explicit known_events(std::chrono::milliseconds fresh_for) : fresh_for_(fresh_for) {}

  // Takes over all events, of a reading that began then; or no more than their ids.
  void keep(event_list all, time_point began, time_point now);
  void keep_ids(const std::vector<std::string>& ids, time_point began);
  // One has just been written here: its id is given out, and the list is old.
  void add(const std::string& event_id);
  // The last reading of the list failed. What was known stays.
  void mark_failed() noexcept { has_last_reading_failed_ = true; }

  // Empty before the first reading.
  [[nodiscard]] const event_list& list() const noexcept { return list_; }
  // Whether the list answers without another reading: because it is fresh, or because there is no other to be had.
  [[nodiscard]] bool is_list_good(time_point now) const noexcept;
  [[nodiscard]] bool has_fresh_ids(time_point now) const noexcept;
  [[nodiscard]] bool contains(const std::string& event_id) const { return ids_.contains(event_id); }
  // Whether all events have been read once.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

 private:
  std::chrono::milliseconds fresh_for_;
  event_list list_;
  std::optional<time_point> listed_at_;
  bool has_last_reading_failed_ = false;
  bool is_complete_ = false;
  std::unordered_set<std::string> ids_;
  std::optional<time_point> ids_at_;
};

}  // namespace ticketd::catalog
