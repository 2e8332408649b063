#include "catalog/local_copies.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::catalog {
namespace {

bool has_same_terms(const domain::event_snapshot& one, const domain::event_snapshot& other) {
  return one.selling() == other.selling() && one.max_per_buyer == other.max_per_buyer;
}

std::vector<local_copies::time_point> unchanged_since(const local_copy& copy, const domain::event_snapshot* event,
                                                      local_copies::time_point now) {
  if (event == nullptr) return {};
  std::vector<local_copies::time_point> since(event->categories.size(), now);
  if (copy.event == nullptr || !has_same_terms(*copy.event, *event)) return since;
  const auto& before = copy.event->categories;
  const auto common = std::min(before.size(), since.size());
  for (std::size_t i = 0; i < common; ++i)
    if (before[i] == event->categories[i]) since[i] = copy.unchanged_since[i];
  return since;
}

bool is_same_offer(const domain::event_snapshot& one, const domain::event_snapshot& other) {
  const auto is_same = [](const auto& category, const auto& before) {
    return category.id == before.id && category.price == before.price;
  };
  return has_same_terms(one, other) && std::ranges::equal(one.categories, other.categories, is_same);
}

}  // namespace

const local_copy* local_copies::find(const std::string& event_id) {
  const auto found = by_id_.find(event_id);
  if (found == by_id_.end()) return nullptr;
  copy_list& list = list_of(*found->second);
  list.splice(list.begin(), list, found->second);
  return &*found->second;
}

bool local_copies::is_fresh(const local_copy& copy, time_point now) const noexcept {
  return !copy.has_last_reading_failed && now - copy.read_at < fresh_for_;
}

snapshot_ptr local_copies::keep(const std::string& event_id, snapshot_ptr event, time_point began, time_point now,
                                origin from) {
  const auto copy = find_or_add(event_id);
  const bool is_newer = from == origin::database && began >= copy->taken_at;
  const bool has_older_time = copy->event && event ? event->as_of < copy->event->as_of : began < copy->began_at;
  const bool is_older = !is_newer && has_older_time;
  copy_list& before = list_of(*copy);
  if (!is_older) {
    copy->unchanged_since = unchanged_since(*copy, event.get(), now);
    if (!copy->event || !event || !is_same_offer(*copy->event, *event)) copy->offered_since = now;
    copy->event = std::move(event);
    copy->began_at = began;
    copy->taken_at = now;
  }
  copy->read_at = now;
  copy->has_last_reading_failed = false;
  copy_list& after = list_of(*copy);
  after.splice(after.begin(), before, copy);
  return copy->event;
}

void local_copies::note_database(const std::string& event_id, time_point began) {
  const auto found = by_id_.find(event_id);
  if (found != by_id_.end()) found->second->database_at = began;
}

void local_copies::mark_failed(const std::string& event_id) {
  const auto found = by_id_.find(event_id);
  if (found != by_id_.end()) found->second->has_last_reading_failed = true;
}

local_copies::copy_list::iterator local_copies::find_or_add(const std::string& event_id) {
  if (const auto found = by_id_.find(event_id); found != by_id_.end()) return found->second;
  make_room();
  absent_.push_front({.event_id = event_id, .event = nullptr});
  by_id_.emplace(event_id, absent_.begin());
  return absent_.begin();
}

void local_copies::make_room() {
  if (by_id_.size() < copies_max_) return;
  copy_list& from = absent_.empty() ? events_ : absent_;
  by_id_.erase(from.back().event_id);
  from.pop_back();
}

}  // namespace ticketd::catalog
