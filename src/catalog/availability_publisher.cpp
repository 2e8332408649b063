#include "ticketd/catalog/availability_publisher.hpp"

#include "catalog/snapshot_codec.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace ticketd::catalog {

availability_publisher::availability_publisher(const asio::any_io_executor& executor, persistence::database& database,
                                               cache::versioned_cache* cache, availability_settings settings)
    : database_(&database), cache_(cache), settings_(settings), at_once_(settings.events_max), has_changes_(executor) {}

void availability_publisher::changed(const std::string& event_id) {
  if (cache_ == nullptr) return;
  changed_.insert(event_id);
  has_changes_.set();
}

awaitable<> availability_publisher::run() {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    co_await has_changes_.wait_until(deadline::max());
    const bool has_published = co_await publish_some(take_changed());
    if (!has_published) co_await has_changes_.wait_until(deadline_in(settings_.database_pause));
    if (!changed_.empty()) has_changes_.set();
    co_await async::pause(executor, settings_.rest);
  }
}

// In turn: those behind the ones that were taken last, so that none waits for ever where all change all the time.
std::vector<std::string> availability_publisher::take_changed() {
  std::vector<std::string> some;
  while (!changed_.empty() && some.size() < at_once_) {
    auto next = changed_.upper_bound(some.empty() ? last_taken_ : some.back());
    if (next == changed_.end()) next = changed_.begin();
    some.push_back(std::move(changed_.extract(next).value()));
  }
  if (!some.empty()) last_taken_ = some.back();
  return some;
}

// False if the database could not be read: they are still to be published. That Redis did not take a value is no
// failure: readers notice its age.
awaitable<bool> availability_publisher::publish_some(std::vector<std::string> event_ids) {
  const deadline until = deadline_in(settings_.reading);
  const auto events = co_await persistence::with_session(
      *database_, until, [&](persistence::session& on) { return on.events().find(event_ids, until); });
  if (!events) {
    changed_.insert(event_ids.begin(), event_ids.end());
    at_once_ = std::max<std::size_t>(event_ids.size() / 2, 1);  // they may be too many to be read in time
    co_return false;
  }
  at_once_ = std::min(at_once_ * 2, settings_.events_max);
  for (const auto& event : *events) co_await publish(event, deadline_in(settings_.reading));
  co_return true;
}

awaitable<> availability_publisher::publish(const domain::event_snapshot& event, deadline until) {
  const std::string key = cache_key(event.id);
  const std::string value = encode_snapshot(event);
  co_await cache_->put(key, cache_version(event), value, until);
}

}  // namespace ticketd::catalog
