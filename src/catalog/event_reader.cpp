#include "ticketd/catalog/event_reader.hpp"

#include "catalog/snapshot_codec.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/persistence/event_store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace ticketd::catalog {
namespace {

using snapshot = std::shared_ptr<const domain::event_snapshot>;
using reading = result<event_reading>;
using clock = std::chrono::steady_clock;

std::string_view layer_name(read_source source) noexcept {
  switch (source) {
    case read_source::copy:
      return "l1";
    case read_source::redis:
      return "redis";
    case read_source::database:
    case read_source::bypass:
      return "database";
    case read_source::stale_copy:
      return "stale";
  }
  return "";
}

// A reading that is under way, and those who wait for it.
template <class T>
class flight {
 public:
  // True for the first: it is for the caller to start the reading.
  [[nodiscard]] bool take_off() { return !std::exchange(is_under_way_, true); }
  [[nodiscard]] bool is_under_way() const noexcept { return is_under_way_; }

  [[nodiscard]] awaitable<T> wait() {
    const auto waiter = std::make_shared<async::one_shot<T>>();
    waiters_.push_back(waiter);
    co_return co_await waiter->wait();
  }

  void land(const T& found) {
    is_under_way_ = false;
    for (const auto& waiter : std::exchange(waiters_, {})) waiter->deliver(found);
  }

 private:
  bool is_under_way_ = false;
  std::vector<std::shared_ptr<async::one_shot<T>>> waiters_;
};

// The process's own copy of one event.
struct copy {
  snapshot event;  // null: known to be absent (or, before the first reading, not known at all)
  bool is_known = false;
  bool has_last_reading_failed = false;
  clock::time_point read_at{};
  flight<reading> next;
};

}  // namespace

class event_reader::implementation : public std::enable_shared_from_this<implementation> {
 public:
  implementation(const asio::any_io_executor& executor, persistence::database& database, cache::versioned_cache* cache,
                 reader_settings settings, observability::metrics& metrics)
      : executor_(executor), database_(database), cache_(cache), settings_(settings), metrics_(metrics) {}

  awaitable<reading> read(std::string event_id) {
    reading found = co_await find(std::move(event_id));
    if (found) metrics_.record_read(layer_name(found->source));
    co_return found;
  }

  awaitable<result<event_list>> list() {
    if (cache_ == nullptr) co_return co_await list_database();
    // While the database does not answer, keep_warm() alone waits to hear that again.
    const bool is_fresh = clock::now() - listed_at_ < settings_.l1_for;
    if (!list_.empty() && (is_fresh || has_last_listing_failed_)) co_return list_;
    co_return co_await list_anew();
  }

  void learn(const domain::event_snapshot& event) {
    if (cache_ == nullptr) return;  // there are no copies
    make_room();
    copy& mine = copies_[event.id];
    mine.has_last_reading_failed = false;
    keep(mine, std::make_shared<const domain::event_snapshot>(event));
    listed_at_ = {};
  }

  awaitable<> keep_warm() {
    asio::steady_timer timer(executor_);
    for (;;) {
      co_await list_anew();
      timer.expires_after(settings_.warm_up_every);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  [[nodiscard]] const cache::versioned_cache* cache() const noexcept { return cache_; }
  [[nodiscard]] const reader_settings& settings() const noexcept { return settings_; }

 private:
  // Not `? co_await : co_await`: GCC 12 destroys the result of the branch that was not taken, too.
  awaitable<reading> find(std::string event_id) {
    if (cache_ == nullptr) co_return co_await read_database(event_id, read_source::bypass);
    co_return co_await read_through(std::move(event_id));
  }

  awaitable<reading> read_through(std::string event_id) {
    make_room();
    copy& mine = copies_[event_id];
    if (mine.is_known && clock::now() - mine.read_at < settings_.l1_for)
      co_return event_reading{mine.event, read_source::copy};

    // Spawned on its own, so that the reading does not depend on the one buyer who happened to be first.
    if (mine.next.take_off())
      async::spawn(executor_, "event.read", [self = shared_from_this(), event_id] { return self->fly(event_id); });
    // While the database does not answer, nobody waits to hear that again: the flight tries in the background.
    if (mine.is_known && mine.has_last_reading_failed) co_return event_reading{mine.event, read_source::stale_copy};
    co_return co_await mine.next.wait();
  }

  awaitable<> fly(std::string event_id) {
    const reading found = co_await read_redis_then_database(event_id);
    copy& mine = copies_[event_id];
    mine.has_last_reading_failed = !found || found->source == read_source::stale_copy;
    const reading landed = found ? event_reading{keep(mine, found->event), found->source} : fall_back(mine, found);
    if (mine.has_last_reading_failed) mine.read_at = {};  // whatever it is, it is not fresh
    mine.next.land(landed);
  }

  static reading fall_back(const copy& mine, const reading& failed) {
    if (!mine.is_known) return failed;
    return event_reading{mine.event, read_source::stale_copy};
  }

  awaitable<reading> read_redis_then_database(const std::string& event_id) {
    const std::string key = cache_key(event_id);
    const cache::lookup cached = co_await cache_->get(key);
    snapshot in_redis;
    if (cached.status == cache::lookup_status::hit)
      if (auto event = decode_snapshot(cached.value))
        in_redis = std::make_shared<const domain::event_snapshot>(std::move(*event));
    if (in_redis && is_fresh(*in_redis)) co_return event_reading{in_redis, read_source::redis};

    const bool is_redis_down = cached.status == cache::lookup_status::down;
    const read_source source = is_redis_down ? read_source::bypass : read_source::database;
    reading found = co_await read_database(event_id, source);
    // A replica that started while the database is away knows of the event what others have left in Redis.
    if (!found && in_redis) co_return event_reading{in_redis, read_source::stale_copy};
    if (found && found->event && !is_redis_down) {
      const std::string value = encode_snapshot(*found->event);
      co_await cache_->put(key, found->event->revision, value);
    }
    co_return found;
  }

  // The reading's time comes from the database's clock; hosts are taken to agree within a fraction of fresh_for (NTP).
  [[nodiscard]] bool is_fresh(const domain::event_snapshot& event) const noexcept {
    return domain::now() - event.as_of < settings_.fresh_for;
  }

  awaitable<reading> read_database(const std::string& event_id, read_source source) {
    const deadline until = deadline_in(settings_.flight);
    auto session = co_await database_.acquire(until);
    if (!session) co_return session.error();
    auto event = co_await (*session)->events().find(event_id, until);
    if (!event) co_return event.error();
    if (!*event) co_return event_reading{nullptr, source};
    co_return event_reading{std::make_shared<const domain::event_snapshot>(std::move(**event)), source};
  }

  // From the database, or what was last read of it.
  awaitable<result<event_list>> list_anew() {
    if (listing_.take_off())
      async::spawn(executor_, "events.list", [self = shared_from_this()] { return self->fly_list(); });
    co_return co_await listing_.wait();
  }

  awaitable<> fly_list() {
    auto listed = co_await list_database();
    has_last_listing_failed_ = !listed;
    if (!listed && !list_.empty()) listed = list_;
    listing_.land(listed);
  }

  awaitable<result<event_list>> list_database() {
    const deadline until = deadline_in(settings_.flight);
    auto session = co_await database_.acquire(until);
    if (!session) co_return session.error();
    auto events = co_await (*session)->events().list(until);
    if (!events) co_return events.error();
    event_list listed;
    for (auto& event : *events) listed.push_back(std::make_shared<const domain::event_snapshot>(std::move(event)));
    if (cache_ != nullptr) remember(listed);
    co_return listed;
  }

  void remember(const event_list& listed) {
    list_ = listed;
    listed_at_ = clock::now();
    for (const auto& event : listed) {
      make_room();
      copy& mine = copies_[event->id];
      mine.has_last_reading_failed = false;
      keep(mine, event);
    }
  }

  // Never an older reading over a newer one: flights, and Redis, may overtake each other.
  snapshot keep(copy& mine, const snapshot& event) const {
    const bool is_older = mine.event && event && event->revision < mine.event->revision;
    if (!is_older) mine.event = event;
    mine.is_known = true;
    mine.read_at = clock::now();
    return mine.event;
  }

  // Ids come from strangers: their number is bounded. Copies that nobody waits for go first come, first gone.
  void make_room() {
    if (copies_.size() < settings_.events_max) return;
    std::erase_if(copies_, [](const auto& entry) { return !entry.second.next.is_under_way() && !entry.second.event; });
    if (copies_.size() < settings_.events_max) return;
    std::erase_if(copies_, [](const auto& entry) { return !entry.second.next.is_under_way(); });
  }

  asio::any_io_executor executor_;
  persistence::database& database_;
  cache::versioned_cache* cache_;
  reader_settings settings_;
  observability::metrics& metrics_;
  std::unordered_map<std::string, copy> copies_;
  event_list list_;
  flight<result<event_list>> listing_;
  clock::time_point listed_at_{};
  bool has_last_listing_failed_ = false;
};

event_reader::event_reader(const asio::any_io_executor& executor, persistence::database& database,
                           cache::versioned_cache* cache, reader_settings settings, observability::metrics& metrics)
    : implementation_(std::make_shared<implementation>(executor, database, cache, settings, metrics)) {}

event_reader::~event_reader() = default;

awaitable<reading> event_reader::read(std::string event_id) { return implementation_->read(std::move(event_id)); }
awaitable<result<event_reader::event_list>> event_reader::list() { return implementation_->list(); }
void event_reader::learn(const domain::event_snapshot& event) { implementation_->learn(event); }
awaitable<> event_reader::keep_warm() { return implementation_->keep_warm(); }
std::chrono::milliseconds event_reader::life_of_copy() const noexcept { return implementation_->settings().l1_for; }
bool event_reader::has_cache() const noexcept { return implementation_->cache() != nullptr; }
bool event_reader::is_cache_up() const noexcept { return has_cache() && implementation_->cache()->is_up(); }

}  // namespace ticketd::catalog
