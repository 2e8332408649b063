// Waits for the database, however long, and brings its schema up to date. Roles may start in any order, and together.
//
// Thread: the executor's. The database outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace ticketd::roles {

// Throws std::runtime_error where waiting does not help: the database refuses us, or a migration fails in it.
[[nodiscard]] awaitable<> bring_schema_up_to_date(const asio::any_io_executor& executor,
                                                  persistence::database& database);

}  // namespace ticketd::roles
