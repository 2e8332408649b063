#include "ticketd/catalog/availability_publisher.hpp"

#include "catalog/snapshot_codec.hpp"
#include "ticketd/persistence/event_store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace ticketd::catalog {

using namespace std::chrono_literals;

namespace {

// Between two publications. A commit an order would otherwise be a query an order, and nobody would see the difference:
// every reader keeps its own copy for longer than this (reader_settings::l1_for).
constexpr auto rest = 25ms;

}  // namespace

availability_publisher::availability_publisher(const asio::any_io_executor& executor, persistence::database& database,
                                               cache::versioned_cache* cache)
    : database_(&database), cache_(cache), bell_(executor) {}

void availability_publisher::changed(const std::string& event_id) {
  if (cache_ == nullptr) return;
  changed_.insert(event_id);
  bell_.ring();
}

awaitable<> availability_publisher::run() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    co_await bell_.wait_until(deadline::max());
    const auto events = std::exchange(changed_, {});
    bool has_published_all = true;
    for (const auto& event_id : events) {
      if (co_await read_and_publish(event_id)) continue;
      changed_.insert(event_id);
      has_published_all = false;
    }
    // The database is away: without a pause this would spin. Readers judge a cached value by its age meanwhile.
    if (!has_published_all) {
      co_await bell_.wait_until(deadline_in(200ms));
      bell_.ring();
    }
    timer.expires_after(rest);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// False if the database could not be read. That Redis did not take the value is no failure: readers notice its age.
awaitable<bool> availability_publisher::read_and_publish(const std::string& event_id) {
  const deadline until = deadline_in(1s);
  auto session = co_await database_->acquire(until);
  if (!session) co_return false;
  const auto event = co_await (*session)->events().find(event_id, until);
  if (!event) co_return false;
  if (*event) co_await publish(**event);
  co_return true;
}

awaitable<> availability_publisher::publish(const domain::event_snapshot& event) {
  const std::string key = cache_key(event.id);
  const std::string value = encode_snapshot(event);
  co_await cache_->put(key, event.revision, value);
}

}  // namespace ticketd::catalog
