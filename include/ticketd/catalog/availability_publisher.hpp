// Overwrites the cached reading of an event after each commit that changed it. Changes that arrive while one is being
// published, or within a short rest after it, share the next one, and the last is never left out.
//
// Thread: the executor's. Database and cache outlive the publisher.
#pragma once

#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace ticketd::catalog {

struct availability_settings {
  // Between two publications. A commit an order would otherwise be a query an order, and nobody would see the
  // difference: every reader keeps its own copy for longer than this (reader_settings::l1_for), if it keeps one.
  std::chrono::milliseconds rest{25};
  std::size_t events_max = 500;                   // read by one query. More: the last of them is older when it is told
  std::chrono::milliseconds reading{1000};        // deadline of one reading of the database
  std::chrono::milliseconds database_pause{200};  // after one that failed; readers judge a value by its age meanwhile
};

class availability_publisher {
 public:
  // `cache` null: there is nothing to overwrite.
  availability_publisher(const asio::any_io_executor& executor, persistence::database& database,
                         cache::versioned_cache* cache, availability_settings settings);

  // The event has changed; returns at once.
  void changed(const std::string& event_id);

  // Publishes this reading at once, for who has it in hand. Returns when Redis has it, or does not take it. With a
  // cache.
  [[nodiscard]] awaitable<> publish(const domain::event_snapshot& event, deadline until);

  // Publishes until the executor stops.
  [[nodiscard]] awaitable<> run();

 private:
  [[nodiscard]] std::vector<std::string> take_changed();
  [[nodiscard]] awaitable<bool> publish_some(std::vector<std::string> event_ids);

  persistence::database* database_;
  cache::versioned_cache* cache_;
  availability_settings settings_;
  std::set<std::string> changed_;
  std::string last_taken_;
  std::size_t at_once_;
  async::auto_reset_event has_changes_;
};

}  // namespace ticketd::catalog
