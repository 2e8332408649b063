#include "persistence/connection.hpp"
#include "persistence/migrations.hpp"
#include "persistence/pipeline.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/database.hpp"

namespace ticketd::persistence {
namespace {

// A migration takes as long as it takes, and so do those who wait for it: the caller's deadline is the limit.
constexpr query without_lock_timeout{"migrate_lock_timeout", "SET LOCAL lock_timeout = 0"};
constexpr query without_statement_timeout{"migrate_statement_timeout", "SET LOCAL statement_timeout = 0"};
// Any number, the same in every role: "ticketd" in ASCII.
constexpr query lock_schema{"migrate_lock", "SELECT pg_advisory_xact_lock(32766973022925924) IS NULL"};
constexpr query create_table{"migrate_table", R"(
  CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  ))"};
constexpr query newest_applied{"migrate_newest", "SELECT coalesce(max(number), 0) FROM schema_migrations"};
constexpr query note_applied{"migrate_note",
                             "INSERT INTO schema_migrations (number, name) VALUES ($1::integer, $2::text)"};

// Opens a transaction that nobody else's migration runs beside, and answers the number of the newest one.
awaitable<result<int>> lock_and_read(connection& on, deadline until) {
  pipeline statements;
  statements.add(begin_transaction).add(without_lock_timeout).add(without_statement_timeout).add(lock_schema);
  statements.add(create_table).add(newest_applied);
  const auto answers = co_await on.run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return answers->back().front().get<std::int32_t>(0);
}

// In the transaction that is open; ends it.
awaitable<result<void>> apply(connection& on, const migration& next, deadline until) {
  const auto ran = co_await on.run_script(next.name, next.sql, until);
  pipeline statements;
  if (ran)
    statements.add(note_applied, std::int32_t{next.number}, std::string_view(next.name)).add(commit_transaction);
  else
    statements.add(roll_back_transaction);
  const auto ended = co_await on.run(std::move(statements), until);
  if (!ran) co_return ran.error();
  if (!ended) co_return ended.error();
  observability::log_info("database.migrated", {{"migration", next.name}});
  co_return result<void>();
}

}  // namespace

awaitable<result<void>> migrate(connection& on, deadline until) {
  const auto known = static_cast<int>(migrations().size());
  for (;;) {
    const auto newest = co_await lock_and_read(on, until);
    if (!newest) co_return newest.error();
    if (*newest >= known) {
      pipeline done;
      done.add(commit_transaction);
      const auto ended = co_await on.run(std::move(done), until);
      if (!ended) co_return ended.error();
      if (*newest > known)
        observability::log_warning("database.schema_is_newer", {{"schema", *newest}, {"executable", known}});
      co_return result<void>();
    }
    const auto applied = co_await apply(on, migrations()[static_cast<std::size_t>(*newest)], until);
    if (!applied) co_return applied.error();
  }
}

}  // namespace ticketd::persistence
