#include "persistence/connection.hpp"
#include "persistence/migrations.hpp"
#include "persistence/pipeline.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace ticketd::persistence {
namespace {

using namespace std::chrono_literals;

// Any number, the same in every role: "ticketd" in ASCII. Asked for again and again, not waited for: who waits in a
// statement holds a snapshot, and an index that is built concurrently waits for every snapshot.
constexpr query try_lock_schema{"migrate_lock", "SELECT pg_try_advisory_lock(32766973022925924)"};
constexpr query unlock_schema{"migrate_unlock", "SELECT pg_advisory_unlock(32766973022925924)"};
// The same lock, until the end of a transaction, which may be idle for as long as it takes. A SELECT keeps its snapshot
// until the next statement comes, so a SET comes last.
constexpr query try_lock_in_transaction{"migrate_lock_in_transaction",
                                        "SELECT pg_try_advisory_xact_lock(32766973022925924)"};
constexpr query without_idle_timeout{"migrate_idle_timeout", "SET LOCAL idle_in_transaction_session_timeout = 0"};
// A pace: for how long is the caller's deadline. Longer: roles that start together are ready later; shorter: questions
// that change nothing.
constexpr auto lock_pause = 100ms;
constexpr query create_table{"migrate_table", R"(
  CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  ))"};
constexpr query has_table{"migrate_has_table", "SELECT to_regclass('schema_migrations') IS NOT NULL"};
constexpr query newest_applied{"migrate_newest", "SELECT coalesce(max(number), 0) FROM schema_migrations"};
constexpr query note_applied{"migrate_note",
                             "INSERT INTO schema_migrations (number, name) VALUES ($1::integer, $2::text)"};
// A migration takes as long as it takes: the caller's deadline is the limit.
constexpr query without_lock_timeout{"migrate_lock_timeout", "SET lock_timeout = 0"};
constexpr query without_statement_timeout{"migrate_statement_timeout", "SET statement_timeout = 0"};
constexpr query without_lock_timeout_here{"migrate_lock_timeout_here", "SET LOCAL lock_timeout = 0"};
constexpr query without_statement_timeout_here{"migrate_statement_timeout_here", "SET LOCAL statement_timeout = 0"};

constexpr std::string_view outside_mark = "-- outside a transaction\n";

enum class attempt { had, somebody_elses };

awaitable<result<attempt>> try_lock(connection& on, deadline until) {
  pipeline statements;
  if (on.is_pooled())
    statements.add(begin_transaction).add(try_lock_in_transaction).add(without_idle_timeout);
  else
    statements.add(try_lock_schema);
  const auto answers = co_await on.run(std::move(statements), until);
  if (!answers) co_return answers.error();
  const auto& answer = answers->at(on.is_pooled() ? 1 : 0);
  co_return answer.front().get<bool>(0) ? attempt::had : attempt::somebody_elses;
}

// Also what was tried in vain, where that has left a transaction. Where the connection is lost, the server does it.
awaitable<result<void>> unlock(connection& on, deadline until) {
  pipeline statements;
  statements.add(on.is_pooled() ? roll_back_transaction : unlock_schema);
  co_return co_await on.execute(std::move(statements), until);
}

awaitable<result<void>> lock(connection& on, deadline until) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const auto locked = co_await try_lock(on, until);
    if (!locked) co_return locked.error();
    if (*locked == attempt::had) co_return result<void>();
    if (on.is_pooled()) {
      const auto ended = co_await unlock(on, until);
      if (!ended) co_return ended;
    }
    co_await async::pause(executor, lock_pause);
  }
}

// Only reads: who may not migrate has to be able to see that there is nothing to migrate.
awaitable<result<int>> read_newest(connection& on, deadline until) {
  pipeline looking;
  looking.add(has_table);
  const auto found = co_await on.run(std::move(looking), until);
  if (!found) co_return found.error();
  if (!found->front().front().get<bool>(0)) co_return 0;
  pipeline reading;
  reading.add(newest_applied);
  const auto answers = co_await on.run(std::move(reading), until);
  if (!answers) co_return answers.error();
  co_return answers->front().front().get<std::int32_t>(0);
}

void add_note(pipeline& to, const migration& applied) {
  to.add(note_applied, std::int32_t{applied.number}, std::string_view(applied.name));
}

// All of it or nothing.
awaitable<result<void>> apply_in_transaction(connection& on, const migration& next, deadline until) {
  pipeline opening;
  opening.add(begin_transaction).add(without_lock_timeout_here).add(without_statement_timeout_here);
  const auto opened = co_await on.execute(std::move(opening), until);
  if (!opened) co_return opened.error();
  const auto ran = co_await on.run_script(next.name, next.sql, until);
  pipeline ending;
  if (ran) {
    add_note(ending, next);
    ending.add(commit_transaction);
  } else {
    ending.add(roll_back_transaction);
  }
  const auto ended = co_await on.execute(std::move(ending), until);
  if (!ran) co_return ran.error();
  co_return ended;
}

// One statement after the other, each a transaction of its own, or several. What failed half way is run again from the
// start.
awaitable<result<void>> run_in_steps(connection& on, const migration& next, deadline until) {
  constexpr std::string_view end_of_statement = ";\n";
  std::string_view rest = next.sql;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(end_of_statement), rest.size());
    const std::string statement(rest.substr(0, end));
    rest.remove_prefix(std::min(end + end_of_statement.size(), rest.size()));
    const auto ran = co_await on.run_script(next.name, statement.c_str(), until);
    if (!ran) co_return ran.error();
  }
  pipeline note;
  add_note(note, next);
  co_return co_await on.execute(std::move(note), until);
}

// The session is without our limits meanwhile. Behind a pooler it has none outside a transaction, and must not say any.
awaitable<result<void>> apply_in_steps(connection& on, const migration& next, deadline until) {
  if (!on.is_pooled()) {
    pipeline preparing;
    preparing.add(without_lock_timeout).add(without_statement_timeout);
    const auto prepared = co_await on.execute(std::move(preparing), until);
    if (!prepared) co_return prepared;
  }
  const auto applied = co_await run_in_steps(on, next, until);
  const auto restored = co_await on.restore_settings(until);
  if (!applied) co_return applied;
  co_return restored;
}

awaitable<result<void>> apply(connection& on, const migration& next, deadline until) {
  pipeline preparing;
  preparing.add(create_table);
  auto applied = co_await on.execute(std::move(preparing), until);
  if (!applied) co_return applied;
  if (std::string_view(next.sql).starts_with(outside_mark))
    applied = co_await apply_in_steps(on, next, until);
  else
    applied = co_await apply_in_transaction(on, next, until);
  if (applied) observability::log_info("database.migrated", {{"migration", next.name}});
  co_return applied;
}

int newest_known() { return static_cast<int>(migrations().size()); }

awaitable<result<void>> apply_all(connection& on, deadline until) {
  for (;;) {
    const auto newest = co_await read_newest(on, until);
    if (!newest) co_return newest.error();
    if (*newest >= newest_known()) co_return result<void>();
    const auto applied = co_await apply(on, migrations()[static_cast<std::size_t>(*newest)], until);
    if (!applied) co_return applied.error();
  }
}

// While the keeper holds one of a pooler's servers, there has to be another one for us, or we would wait for ourselves,
// and all others for us. Longer: so would they; shorter: a pooler that is busy is taken for one that is too small.
constexpr auto second_server_max = 5s;

awaitable<result<void>> reach_beside_keeper(connection& on, deadline until) {
  if (!on.is_pooled()) co_return result<void>();
  const auto reached = co_await read_newest(on, std::min(until, deadline_in(second_server_max)));
  if (reached) co_return result<void>();
  observability::log_warning("database.pooler_is_full",
                             {{"detail", "a migration needs two connections of the pooler to the server at once"}});
  co_return reached.error();
}

}  // namespace

awaitable<result<schema_state>> look_at_schema(connection& on, deadline until) {
  const auto newest = co_await read_newest(on, until);
  if (!newest) co_return newest.error();
  if (*newest > newest_known())
    observability::log_warning("database.schema_is_newer", {{"schema", *newest}, {"executable", newest_known()}});
  co_return *newest >= newest_known() ? schema_state::up_to_date : schema_state::behind;
}

awaitable<result<void>> migrate(connection& on, connection& keeper, deadline until) {
  const auto locked = co_await lock(keeper, until);
  if (!locked) co_return locked.error();
  auto applied = co_await reach_beside_keeper(on, until);
  if (applied) applied = co_await apply_all(on, until);
  const auto unlocked = co_await unlock(keeper, until);
  if (!applied) co_return applied.error();
  co_return unlocked;
}

}  // namespace ticketd::persistence
