#include "catalog/known_events.hpp"

#include <utility>

namespace ticketd::catalog {

void known_events::keep(event_list all, time_point began, time_point now) {
  list_ = std::move(all);
  listed_at_ = now;
  has_last_reading_failed_ = false;
  is_complete_ = true;
  ids_at_ = began;
  ids_.clear();
  for (const auto& event : list_) ids_.insert(event->id);
}

void known_events::keep_ids(const std::vector<std::string>& ids, time_point began) {
  ids_ = {ids.begin(), ids.end()};
  ids_at_ = began;
}

void known_events::add(const std::string& event_id) {
  ids_.insert(event_id);
  listed_at_.reset();
}

bool known_events::is_list_good(time_point now) const noexcept {
  const bool is_fresh = listed_at_ && now - *listed_at_ < fresh_for_;
  return !list_.empty() && (is_fresh || has_last_reading_failed_);
}

bool known_events::has_fresh_ids(time_point now) const noexcept { return ids_at_ && now - *ids_at_ < fresh_for_; }

}  // namespace ticketd::catalog
