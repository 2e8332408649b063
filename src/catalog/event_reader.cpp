#include "ticketd/catalog/event_reader.hpp"

#include "catalog/event_listing.hpp"
#include "catalog/in_flight_read.hpp"
#include "catalog/local_copies.hpp"
#include "catalog/snapshot_codec.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ticketd::catalog {
namespace {

using reading = result<event_reading>;
using steady_clock = std::chrono::steady_clock;
using origin = local_copies::origin;

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

}  // namespace

class event_reader::implementation : public std::enable_shared_from_this<implementation> {
 public:
  implementation(const asio::any_io_executor& executor, persistence::database& database, cache::versioned_cache* cache,
                 const domain::clock& clock, reader_settings settings, observability::metrics& metrics)
      : executor_(executor),
        database_(database),
        cache_(cache),
        clock_(clock),
        settings_(settings),
        metrics_(metrics),
        copies_(std::make_shared<local_copies>(settings.events_max, settings.l1_for)),
        listing_(std::make_shared<event_listing>(executor, database, clock, settings, copies_)) {}

  awaitable<reading> read(std::string event_id, deadline until) {
    reading found = co_await find(std::move(event_id), until);
    if (found) metrics_.record_read(layer_name(found->source));
    co_return found;
  }

  awaitable<result<event_list>> list(deadline until) {
    if (cache_ == nullptr) co_return co_await listing_->read_database(until);
    co_return co_await listing_->list(until);
  }

  // One question for however many ask meanwhile.
  awaitable<reading> read_database_now(std::string event_id, deadline until) {
    const local_copy* mine = copies_->find(event_id);
    const auto at = clock_.steady();
    if (mine && copies_->is_fresh(*mine, at) && mine->database_at && at - *mine->database_at < settings_.l1_for)
      co_return event_reading{mine->event, read_source::copy};
    auto& under_way = database_readings_[event_id];
    const auto answer = under_way.join();
    if (under_way.begin(steady_clock::now()))
      async::spawn(executor_, "event.read_database",
                   [self = shared_from_this(), event_id] { return self->read_database_anew(event_id); });
    co_return co_await async::wait_until(answer, until, reading(out_of_time()));
  }

  std::optional<steady_clock::time_point> unchanged_since(const std::string& event_id, std::string_view category_id) {
    const local_copy* mine = find_trusted(event_id);
    const auto* category = mine ? mine->event->find_category(category_id) : nullptr;
    if (!category) return std::nullopt;
    return mine->unchanged_since[static_cast<std::size_t>(category - mine->event->categories.data())];
  }

  std::optional<steady_clock::time_point> offered_since(const std::string& event_id) {
    const local_copy* mine = find_trusted(event_id);
    return mine ? std::optional(mine->offered_since) : std::nullopt;
  }

  void learn(const domain::event_snapshot& event) {
    if (cache_ == nullptr) return;  // there are no copies
    const auto now = clock_.steady();
    copies_->keep(event.id, std::make_shared<const domain::event_snapshot>(event), now, now, origin::database);
    listing_->add(event.id);
  }

  awaitable<> keep_warm() {
    for (;;) {
      co_await listing_->renew();
      co_await async::pause(executor_, settings_.warm_up_every);
    }
  }

  [[nodiscard]] const cache::versioned_cache* cache() const noexcept { return cache_; }
  [[nodiscard]] const reader_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] bool knows_all_events() const noexcept { return listing_->knows_all_events(); }

 private:
  // Null where it is stale: by a reading that failed, or by one that is under way for long.
  const local_copy* find_trusted(const std::string& event_id) {
    const local_copy* mine = copies_->find(event_id);
    if (!mine || !mine->event || mine->has_last_reading_failed) return nullptr;
    const bool is_recent = clock_.steady() - mine->read_at < settings_.l1_for + settings_.stale_renewal_wait;
    return is_recent ? mine : nullptr;
  }

  // Not `? co_await : co_await`: GCC 12 destroys the result of the branch that was not taken, too.
  awaitable<reading> find(std::string event_id, deadline until) {
    if (cache_ == nullptr) co_return co_await read_database(event_id, read_source::bypass, until);
    co_return co_await read_through(std::move(event_id), until);
  }

  awaitable<reading> read_through(std::string event_id, deadline until) {
    const local_copy* mine = copies_->find(event_id);
    if (mine && copies_->is_fresh(*mine, clock_.steady())) co_return event_reading{mine->event, read_source::copy};

    if (!mine || !mine->event) {
      const bool may_exist = co_await listing_->may_be_an_event(event_id, until);
      if (!may_exist) co_return event_reading{nullptr, read_source::copy};
      mine = copies_->find(event_id);
    }
    // While the database does not answer, nobody waits to hear that again: the reading goes on in the background.
    const snapshot_ptr known = mine ? mine->event : nullptr;
    const bool has_failed = mine && mine->has_last_reading_failed;
    const bool is_stale = !mine || clock_.steady() - mine->read_at >= settings_.fresh_for;
    const auto answer = begin_reading(event_id);
    if (has_failed) co_return event_reading{known, read_source::stale_copy};
    if (!known) co_return co_await async::wait_until(answer, until, reading(out_of_time()));
    const auto wait = is_stale ? settings_.stale_renewal_wait : settings_.renewal_wait;
    const deadline soon = std::min(until, readings_[event_id].began_at() + wait);
    const reading in_hand = event_reading{known, is_stale ? read_source::stale_copy : read_source::copy};
    co_return co_await async::wait_until(answer, soon, in_hand);
  }

  // Spawned on its own, so that the reading does not depend on the one buyer who happened to be first.
  in_flight_read<reading>::waiter begin_reading(const std::string& event_id) {
    auto& under_way = readings_[event_id];
    auto answer = under_way.join();
    if (under_way.begin(steady_clock::now()))
      async::spawn(executor_, "event.read",
                   [self = shared_from_this(), event_id] { return self->read_anew(event_id); });
    return answer;
  }

  awaitable<> read_anew(std::string event_id) {
    const auto began = clock_.steady();
    reading read = co_await read_redis_then_database(event_id, deadline_in(settings_.reading));
    const reading found = keep(event_id, std::move(read), began);
    // First out of the map: who asks from now on starts another.
    auto under_way = readings_.extract(event_id);
    under_way.mapped().finish(found);
  }

  awaitable<> read_database_anew(std::string event_id) {
    const auto began = clock_.steady();
    reading found = co_await read_database(event_id, read_source::bypass, deadline_in(settings_.reading));
    if (found && cache_ != nullptr) {
      found->event = copies_->keep(event_id, found->event, began, clock_.steady(), origin::database);
      copies_->note_database(event_id, began);
    }
    auto under_way = database_readings_.extract(event_id);
    under_way.mapped().finish(found);
  }

  // What is to be answered: the reading, or where it failed what was known before.
  reading keep(const std::string& event_id, reading found, steady_clock::time_point began) {
    const bool has_failed = !found || found->source == read_source::stale_copy;
    const bool is_of_database =
        found && (found->source == read_source::database || found->source == read_source::bypass);
    const auto from = is_of_database ? origin::database : origin::redis;
    if (found) found->event = copies_->keep(event_id, found->event, began, clock_.steady(), from);
    if (has_failed) copies_->mark_failed(event_id);
    const local_copy* mine = found ? nullptr : copies_->find(event_id);
    if (!mine) return found;
    return event_reading{mine->event, read_source::stale_copy};
  }

  awaitable<reading> read_redis_then_database(const std::string& event_id, deadline until) {
    const std::string key = cache_key(event_id);
    const cache::lookup cached = co_await cache_->get(key, until);
    snapshot_ptr in_redis;
    if (cached.status == cache::lookup_status::hit)
      if (auto event = decode_snapshot(cached.value))
        in_redis = std::make_shared<const domain::event_snapshot>(std::move(*event));
    if (in_redis && is_of_the_future(*in_redis)) in_redis = nullptr;
    if (in_redis && is_fresh(*in_redis)) co_return event_reading{in_redis, read_source::redis};

    const bool is_redis_down = cached.status == cache::lookup_status::down;
    const read_source source = is_redis_down ? read_source::bypass : read_source::database;
    reading found = co_await read_database(event_id, source, until);
    // A replica that started while the database is away knows of the event what others have left in Redis.
    if (!found && in_redis) co_return event_reading{in_redis, read_source::stale_copy};
    if (found && found->event && !is_redis_down) {
      const std::string value = encode_snapshot(*found->event);
      co_await cache_->put(key, cache_version(*found->event), value, until);
    }
    co_return found;
  }

  // Its time is the database's, and so is this clock's: either another program has left it, or another database, which
  // it says nothing of.
  [[nodiscard]] bool is_of_the_future(const domain::event_snapshot& event) const noexcept {
    return event.as_of - clock_.now() > settings_.clocks_differ_max;
  }

  [[nodiscard]] bool is_fresh(const domain::event_snapshot& event) const noexcept {
    return clock_.now() - event.as_of < settings_.fresh_for;
  }

  awaitable<reading> read_database(const std::string& event_id, read_source source, deadline until) {
    auto event = co_await persistence::with_session(
        database_, until, [&](persistence::session& on) { return on.events().find(event_id, until); });
    if (!event) co_return event.error();
    if (!*event) co_return event_reading{nullptr, source};
    co_return event_reading{std::make_shared<const domain::event_snapshot>(std::move(**event)), source};
  }

  asio::any_io_executor executor_;
  persistence::database& database_;
  cache::versioned_cache* cache_;
  const domain::clock& clock_;
  reader_settings settings_;
  observability::metrics& metrics_;
  std::shared_ptr<local_copies> copies_;
  std::shared_ptr<event_listing> listing_;
  std::unordered_map<std::string, in_flight_read<reading>> readings_;
  std::unordered_map<std::string, in_flight_read<reading>> database_readings_;
};

event_reader::event_reader(const asio::any_io_executor& executor, persistence::database& database,
                           cache::versioned_cache* cache, const domain::clock& clock, reader_settings settings,
                           observability::metrics& metrics)
    : implementation_(std::make_shared<implementation>(executor, database, cache, clock, settings, metrics)) {}

event_reader::~event_reader() = default;

awaitable<reading> event_reader::read(std::string event_id, deadline until) {
  return implementation_->read(std::move(event_id), until);
}
awaitable<result<event_reader::event_list>> event_reader::list(deadline until) { return implementation_->list(until); }
awaitable<reading> event_reader::read_database(std::string event_id, deadline until) {
  return implementation_->read_database_now(std::move(event_id), until);
}
std::optional<std::chrono::steady_clock::time_point> event_reader::offered_since(const std::string& event_id) {
  return implementation_->offered_since(event_id);
}

std::optional<std::chrono::steady_clock::time_point> event_reader::unchanged_since(const std::string& event_id,
                                                                                   std::string_view category_id) {
  return implementation_->unchanged_since(event_id, category_id);
}
void event_reader::learn(const domain::event_snapshot& event) { implementation_->learn(event); }
awaitable<> event_reader::keep_warm() { return implementation_->keep_warm(); }
std::chrono::milliseconds event_reader::life_of_copy() const noexcept {
  return implementation_->settings().l1_for + implementation_->settings().under_way_max;
}
std::chrono::milliseconds event_reader::life_of_reading() const noexcept {
  return implementation_->settings().fresh_for;
}
bool event_reader::knows_all_events() const noexcept { return implementation_->knows_all_events(); }
bool event_reader::has_cache() const noexcept { return implementation_->cache() != nullptr; }
bool event_reader::is_cache_up() const noexcept { return has_cache() && implementation_->cache()->is_up(); }

}  // namespace ticketd::catalog
