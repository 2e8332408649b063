// The migrations, embedded at build time from migrations/NNNN_name.sql (see embed_migrations.cmake).
//
// Constants: any thread. migrate(): the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"

#include <span>

namespace ticketd::persistence {

class connection;

struct migration {
  int number;
  const char* name;
  const char* sql;
};

// In order of their numbers, which are 1, 2, 3 ...
[[nodiscard]] std::span<const migration> migrations() noexcept;

enum class schema_state { up_to_date, behind };

// Without a lock, so that most starts need none. One that is newer than this executable is up to date for it.
[[nodiscard]] awaitable<result<schema_state>> look_at_schema(connection& on, deadline until);

// See database::migrate. The lock that keeps others out is kept by `keeper`: the same connection, or behind a pooler,
// where only a transaction keeps anything, another one, which stays in one transaction all the while.
[[nodiscard]] awaitable<result<void>> migrate(connection& on, connection& keeper, deadline until);

}  // namespace ticketd::persistence
