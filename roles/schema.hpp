// Waits for the database, however long, and brings its schema up to date. Roles may start in any order, and together.
//
// Thread: the executor's. The database outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>

namespace ticketd::roles {

struct schema_settings {
  // Of one attempt: a migration carries rows over and builds indexes. Shorter: one that is long never ends.
  std::chrono::hours migration_max{1};
  // Between attempts. Longer: a role is ready later than its database.
  async::backoff_settings pauses{.first = std::chrono::milliseconds(50), .most = std::chrono::milliseconds(1000)};
};

// Throws std::runtime_error where waiting does not help: the database refuses us, or a migration fails in it.
[[nodiscard]] awaitable<> bring_schema_up_to_date(const asio::any_io_executor& executor,
                                                  persistence::database& database, schema_settings settings = {});

}  // namespace ticketd::roles
