#include "api/availability_streams.hpp"

#include "api/views.hpp"
#include "ticketd/async/pause.hpp"

#include <utility>
#include <vector>

namespace ticketd::roles::api {
namespace {

// What is told by a reading, whenever it was.
std::string told_by(domain::event_snapshot event, domain::timestamp at) {
  event.as_of = {};
  return render_availability(event, at);
}

}  // namespace

void availability_streams::add(availability_stream& stream, const domain::event_snapshot& now) {
  auto& event = watched_[now.id];
  event.by.push_back(stream);
  say(event, now);
}

awaitable<> availability_streams::run() {
  for (;;) {
    co_await async::pause(executor_, settings_.rest);
    co_await push();
  }
}

awaitable<> availability_streams::push() {
  std::erase_if(watched_, [](const auto& each) { return each.second.by.empty(); });
  std::vector<std::string> ids;
  for (const auto& [id, event] : watched_) ids.push_back(id);
  for (const auto& id : ids) {
    const deadline until = deadline_in(settings_.read);
    const auto reading = co_await events_->read(id, until);
    const auto found = watched_.find(id);
    if (reading && reading->event && found != watched_.end()) say(found->second, *reading->event);
  }
}

// Of two readings the later counts, by the database's clock.
void availability_streams::say(watched_event& event, const domain::event_snapshot& now) {
  if (now.as_of < event.as_of) return;
  event.as_of = now.as_of;
  const auto at = clock_->now();
  auto told = told_by(now, at);
  if (!event.said || *event.said != told) event.said = std::make_shared<const std::string>(std::move(told));
  std::string text;
  for (auto& stream : event.by) {
    if (stream.heard_ == event.said) continue;
    if (text.empty())
      text = http::event_text("availability", now.as_of.time_since_epoch().count(), render_availability(now, at));
    stream.heard_ = event.said;
    stream.say(text);
  }
}

}  // namespace ticketd::roles::api
