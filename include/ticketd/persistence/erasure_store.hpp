// A buyer's name and address in the rows of orders, and taking them out. Whether they may be is decided between the two
// (domain/erasure.hpp).
//
// Owned by its session. Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/erasure.hpp"
#include "ticketd/persistence/database.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace ticketd::persistence {

class erasure_store {
 public:
  virtual ~erasure_store() = default;

  // Opens a transaction, and reads what is stored under any of the addresses.
  [[nodiscard]] virtual awaitable<result<domain::erasure_context>> begin(std::span<const std::string> addresses,
                                                                         deadline until) = 0;

  // Puts a pseudonym in their place, another one for each event, and commits. Returns how many orders had them.
  [[nodiscard]] virtual awaitable<result<std::int64_t>> commit(std::span<const std::string> addresses,
                                                               deadline until) = 0;

  [[nodiscard]] virtual awaitable<result<void>> abandon(deadline until) = 0;
};

}  // namespace ticketd::persistence
