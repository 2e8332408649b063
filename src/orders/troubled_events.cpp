#include "ticketd/orders/troubled_events.hpp"

namespace ticketd::orders {

bool troubled_events::failed(std::string_view event_id, time_point now) {
  auto found = events_.find(event_id);
  const bool is_new = found == events_.end();
  if (is_new) found = events_.emplace(event_id, trouble{async::backoff(settings_.pauses), now}).first;
  found->second.until = now + found->second.pause.next();
  return is_new;
}

bool troubled_events::was_slow(std::string_view event_id, time_point now) {
  const bool is_new = failed(event_id, now);
  events_.find(event_id)->second.slow_until = now + settings_.slow_for;
  return is_new;
}

bool troubled_events::recovered(std::string_view event_id, time_point now) {
  const auto found = events_.find(event_id);
  if (found == events_.end() || now < found->second.slow_until) return false;
  events_.erase(found);
  return true;
}

std::vector<std::string> troubled_events::pausing(time_point now) const {
  std::vector<std::string> pausing;
  for (const auto& [event_id, each] : events_)
    if (now < each.until) pausing.push_back(event_id);
  return pausing;
}

bool troubled_events::is_pausing(std::string_view event_id, time_point now) const {
  const auto found = events_.find(event_id);
  return found != events_.end() && now < found->second.until;
}

}  // namespace ticketd::orders
