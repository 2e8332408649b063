// Reads events as buyers do, a hundred thousand times: from the process's own short-lived copy (L1), then Redis, then
// PostgreSQL, with one reading under way for each event, however many ask.
//
// How stale a reading can be: `l1_for` and the publisher's rest (25 ms), plus `fresh_for` if a worker could not
// overwrite Redis after its commit. When the database cannot be asked, the last copy is served for as long as there is
// one, and the reading says how old it is.
//
// Thread: the executor's. Database, cache and clock outlive the reader.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::catalog {

struct reader_settings {
  std::chrono::milliseconds reading{};  // of one reading that is shared, whoever waits for it
  // The life of a copy in this process. Longer: fewer reads of Redis, staler answers.
  std::chrono::milliseconds l1_for{100};
  // The life of the list of all events here, by which ids that nobody gave out are known. Longer: a new event is known
  // later to who asks for it by its id; shorter: more lists of the database.
  std::chrono::milliseconds list_for{100};
  // The age up to which a value from Redis counts. A worker overwrites it after each commit, so it only grows this old
  // while nothing is sold, or while the worker cannot reach Redis.
  std::chrono::milliseconds fresh_for{1000};
  // How often all events are read, so that a replica knows them when the database goes away.
  std::chrono::milliseconds warm_up_every{2000};
  // For how long after its start a renewal is waited for; then readers get the copy in hand. One that is older than
  // `fresh_for` is worth a longer wait, and marked as stale. Longer: readers wait for a database that is slow; shorter:
  // they read what is older than it need be.
  std::chrono::milliseconds renewal_wait{50};
  std::chrono::milliseconds stale_renewal_wait{200};
  // A reading that a replica began before a change may still become its copy: so long afterwards, at most, where the
  // database is well. Longer: who defines an event waits longer; shorter: another replica may answer what was before.
  std::chrono::milliseconds under_way_max{50};
  // Replicas, worker and database agree on the time as well as they hear of it (persistence/database_clock.hpp): what
  // is of a later time than that is of another database. Longer: that is believed for longer.
  std::chrono::milliseconds clocks_differ_max{1000};
  std::size_t events_max = 10000;  // copies kept, those of unknown ids included
};

// Where a reading came from (RFC 9211 calls the last two "forwarded").
enum class read_source {
  copy,  // L1
  redis,
  database,    // Redis was asked, and had none that was fresh
  bypass,      // Redis is down or switched off, so the database was asked
  stale_copy,  // the database could not be asked, or does not answer
};

struct event_reading {
  std::shared_ptr<const domain::event_snapshot> event;  // null: there is no such event
  read_source source = read_source::copy;
};

class event_reader {
 public:
  // `cache` null: every read asks the database, as a monolith does.
  event_reader(const asio::any_io_executor& executor, persistence::database& database, cache::versioned_cache* cache,
               const domain::clock& clock, reader_settings settings, observability::metrics& metrics);
  ~event_reader();

  // Fails with database_errc if the database cannot be asked and there is no copy; statement_timeout where the deadline
  // came first.
  [[nodiscard]] awaitable<result<event_reading>> read(std::string event_id, deadline until);

  // As the database has it now, and from now on here too: for who has reason to think that the copies are old.
  [[nodiscard]] awaitable<result<event_reading>> read_database(std::string event_id, deadline until);

  // All events, by start and id; from a copy under the same rules.
  using event_list = std::vector<std::shared_ptr<const domain::event_snapshot>>;
  [[nodiscard]] awaitable<result<event_list>> list(deadline until);

  // Since when this replica's own copy has said the same of the category, and of the sale; and since when, of what is
  // offered on which terms, whatever is left of it. nullopt where there is no such copy, or where it is stale.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> unchanged_since(const std::string& event_id,
                                                                                     std::string_view category_id);
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> offered_since(const std::string& event_id);

  // Takes over what somebody has just written, so that it is read here from now on.
  void learn(const domain::event_snapshot& event);

  // Keeps copies of all events until the executor stops. Only with a cache.
  [[nodiscard]] awaitable<> keep_warm();

  // For how long other replicas may go on with a copy of what has just been changed.
  [[nodiscard]] std::chrono::milliseconds life_of_copy() const noexcept;
  // For how long anybody may keep what was read here: as long as a value in Redis may be old.
  [[nodiscard]] std::chrono::milliseconds life_of_reading() const noexcept;
  // Whether all events have been read once, so that purchases can be judged without the database.
  [[nodiscard]] bool knows_all_events() const noexcept;
  [[nodiscard]] bool has_cache() const noexcept;
  [[nodiscard]] bool is_cache_up() const noexcept;

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace ticketd::catalog
