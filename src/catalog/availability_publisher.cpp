#include "ticketd/catalog/availability_publisher.hpp"

#include "catalog/snapshot_codec.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace ticketd::catalog {

availability_publisher::availability_publisher(const asio::any_io_executor& executor, persistence::database& database,
                                               cache::versioned_cache* cache, availability_settings settings)
    : database_(&database), cache_(cache), settings_(settings), has_changes_(executor) {}

void availability_publisher::changed(const std::string& event_id) {
  if (cache_ == nullptr) return;
  changed_.insert(event_id);
  has_changes_.set();
}

awaitable<> availability_publisher::run() {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    co_await has_changes_.wait_until(deadline::max());
    const auto events = std::exchange(changed_, {});
    bool has_published_all = true;
    for (const auto& event_id : events) {
      if (co_await read_and_publish(event_id)) continue;
      changed_.insert(event_id);
      has_published_all = false;
    }
    // The database is away: without a pause this would spin.
    if (!has_published_all) {
      co_await has_changes_.wait_until(deadline_in(settings_.database_pause));
      has_changes_.set();
    }
    co_await async::pause(executor, settings_.rest);
  }
}

// False if the database could not be read. That Redis did not take the value is no failure: readers notice its age.
awaitable<bool> availability_publisher::read_and_publish(const std::string& event_id) {
  const deadline until = deadline_in(settings_.reading);
  const auto event = co_await persistence::with_session(
      *database_, until, [&](persistence::session& on) { return on.events().find(event_id, until); });
  if (!event) co_return false;
  if (*event) co_await publish(**event, until);
  co_return true;
}

awaitable<> availability_publisher::publish(const domain::event_snapshot& event, deadline until) {
  const std::string key = cache_key(event.id);
  const std::string value = encode_snapshot(event);
  co_await cache_->put(key, cache_version(event), value, until);
}

}  // namespace ticketd::catalog
