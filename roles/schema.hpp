// Waits for the database, however long, and brings its schema up to date. Roles may start in any order, and together.
#pragma once

#include "ticketd/persistence/database.hpp"

namespace ticketd::roles {

[[nodiscard]] awaitable<> bring_schema_up_to_date(const asio::any_io_executor& executor,
                                                  persistence::database& database);

}  // namespace ticketd::roles
