// Takes a buyer's name and address out of the orders that are stored, when nothing needs them any more. The orders
// stay, with their tickets, invoices and sums.
//
// Thread: the executor's. The database outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/erasure.hpp"
#include "ticketd/persistence/database.hpp"

#include <cstdint>
#include <string>

namespace ticketd::orders {

struct erasure {
  domain::erasure_obstacle obstacle = domain::erasure_obstacle::none;  // then nothing was changed
  domain::erasure_context context;
  std::int64_t orders = 0;  // that had them
};

// Whatever form the address is given in; it may be repeated, and then finds nothing. Fails with database_errc, also
// where there is no connection by `connected_by`: the look through the orders may take far longer.
[[nodiscard]] awaitable<result<erasure>> erase_buyer(persistence::database& database, std::string address,
                                                     deadline connected_by, deadline until);

}  // namespace ticketd::orders
