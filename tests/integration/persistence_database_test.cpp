// The pool, its connections and the migrations, on a real PostgreSQL.
#include "persistence/migrations.hpp"
#include "persistence/postgres_session.hpp"
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>

using namespace ticketd;
using namespace std::chrono_literals;
using persistence::database_errc;
using persistence::pipeline;
using persistence::query;
using persistence::session;

namespace {

constexpr query nap{"nap", "SELECT pg_sleep(60) IS NULL"};
constexpr query one{"one", "SELECT 1"};
constexpr query echo{"echo", "SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS e (t, n) ORDER BY n"};
constexpr query divide{"divide", "SELECT 1 / $1::integer"};
constexpr query my_pid{"my_pid", "SELECT pg_backend_pid()"};
constexpr query make_table{"make_table", "CREATE TABLE scratch (n integer)"};

persistence::connection& connection_of(session& lent) { return static_cast<persistence::postgres_session&>(lent).on(); }

awaitable<error_code> run_one(session& on, const query& what, deadline until) {
  pipeline statements;
  statements.add(what);
  const auto answers = co_await connection_of(on).run(std::move(statements), until);
  co_return answers ? error_code() : answers.error();
}

awaitable<std::int32_t> pid_of(session& on) {
  pipeline statements;
  statements.add(my_pid);
  const auto answers = co_await connection_of(on).run(std::move(statements), test::soon());
  REQUIRE(answers.has_value());
  co_return answers->front().front().get<std::int32_t>(0);
}

// Waits for a condition that the pool's background work brings about.
awaitable<> until_true(std::function<bool()> condition) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto end = test::soon();
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    timer.expires_after(5ms);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// Brings the server back however the test ends.
struct server_guard {
  const char* verb;
  ~server_guard() { test::lab(verb, "db"); }
};

}  // namespace

TEST_CASE("a refused connection is unreachable at once, and stays so while it is tried again",
          "[persistence][integration]") {
  asio::io_context io;
  asio::ip::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0}, false);
  const auto port = taken.local_endpoint().port();
  taken.close();
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = "postgresql://nobody@localhost:" + std::to_string(port) + "/nothing";
  const auto database = persistence::make_database(io.get_executor(), settings, metrics);
  const auto body = [&]() -> awaitable<> {
    for (int i = 0; i < 3; ++i) {
      const auto began = std::chrono::steady_clock::now();
      const auto got = co_await database->acquire(test::soon());
      REQUIRE(got.error() == database_errc::unreachable);
      REQUIRE(std::chrono::steady_clock::now() - began < 2s);
    }
    REQUIRE_FALSE(database->is_reachable());
  };
  test::run_coroutine(io, body());
}

TEST_CASE("a server that accepts and says nothing costs no more than the deadline", "[persistence][integration]") {
  asio::io_context io;
  asio::ip::tcp::acceptor mute(io, {asio::ip::address_v4::loopback(), 0});
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = "postgresql://nobody@127.0.0.1:" + std::to_string(mute.local_endpoint().port()) + "/nothing";
  auto database = persistence::make_database(io.get_executor(), settings, metrics);
  const auto body = [&]() -> awaitable<> {
    const auto got = co_await database->acquire(deadline_in(50ms));
    REQUIRE(got.error() == database_errc::unreachable);
  };
  test::run_coroutine(io, body());
  database.reset();
  io.restart();
  const auto began = std::chrono::steady_clock::now();
  io.run();  // what the pool did in the background ends with it
  REQUIRE(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("who waits for a session gets the next one, or an error at the deadline", "[persistence][integration]") {
  test::stores stores(1);
  const auto body = [&]() -> awaitable<> {
    auto held = std::make_optional(co_await stores.database->acquire(test::soon()));
    REQUIRE(held->has_value());
    const auto late = co_await stores.database->acquire(deadline_in(30ms));
    REQUIRE(late.error() == database_errc::pool_wait_timeout);

    asio::steady_timer give_back(stores.io, 30ms);
    give_back.async_wait([&](const error_code&) { held.reset(); });
    auto next = co_await stores.database->acquire(test::soon());
    REQUIRE(next.has_value());
    REQUIRE_FALSE(held.has_value());
    const auto error = co_await run_one(**next, one, test::soon());
    REQUIRE_FALSE(error);
  };
  stores.run(body());
}

TEST_CASE("a statement past its deadline leaves the pool usable", "[persistence][integration]") {
  test::stores stores(1);
  const auto body = [&]() -> awaitable<> {
    {
      auto session = co_await stores.database->acquire(test::soon());
      REQUIRE(session.has_value());
      const auto began = std::chrono::steady_clock::now();
      const auto slow = co_await run_one(**session, nap, deadline_in(50ms));
      REQUIRE(slow == database_errc::statement_timeout);
      REQUIRE(std::chrono::steady_clock::now() - began < 2s);
      const auto after = co_await run_one(**session, one, test::soon());
      REQUIRE(after == database_errc::connection_lost);
    }
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    const auto error = co_await run_one(**session, one, test::soon());
    REQUIRE_FALSE(error);
    REQUIRE(stores.database->is_reachable());
  };
  stores.run(body());
  // The server gives up a statement whose client is gone; nothing goes on holding locks.
  const auto end = test::soon();
  while (stores.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
                    "AND query LIKE '%pg_sleep(60) IS%' AND pid <> pg_backend_pid()") != "0")
    REQUIRE(std::chrono::steady_clock::now() < end);
}

TEST_CASE("the pool recovers after the server ended its connections", "[persistence][integration]") {
  test::stores stores(3);
  const auto end_all =
      "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()";
  const auto body = [&]() -> awaitable<> {
    {
      auto first = co_await stores.database->acquire(test::soon());
      auto second = co_await stores.database->acquire(test::soon());
      REQUIRE((first && second));
      stores.sql(end_all);
      const auto error = co_await run_one(**first, one, test::soon());
      REQUIRE(error == database_errc::connection_lost);
    }
    // While they lie idle it is noticed too, before anybody is given a dead one.
    for (int i = 0; i < 3; ++i) {
      {
        auto session = co_await stores.database->acquire(test::soon());
        REQUIRE(session.has_value());
        const auto error = co_await run_one(**session, one, test::soon());
        REQUIRE_FALSE(error);
      }
      stores.sql(end_all);
    }
    REQUIRE_FALSE(stores.database->is_reachable());
    co_await until_true([&] { return stores.database->is_reachable(); });
  };
  stores.run(body());
}

TEST_CASE("a session given back in the middle of a transaction is not lent again", "[persistence][integration]") {
  test::stores stores(1);
  const auto body = [&]() -> awaitable<> {
    std::int32_t pid = 0;
    {
      auto session = co_await stores.database->acquire(test::soon());
      pid = co_await pid_of(**session);
      pipeline statements;
      statements.add(persistence::begin_transaction).add(make_table);
      const auto begun = co_await connection_of(**session).run(std::move(statements), test::soon());
      REQUIRE(begun.has_value());
    }
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    const auto next_pid = co_await pid_of(**session);
    REQUIRE(next_pid != pid);
    REQUIRE(stores.database->is_reachable());
  };
  stores.run(body());
  REQUIRE(stores.sql("SELECT to_regclass('scratch') IS NULL") == "t");
}

TEST_CASE("a failed statement skips the rest, rolls back, and leaves its session usable",
          "[persistence][integration]") {
  test::stores stores(1);
  stores.with_session([](session& session) -> awaitable<> {
    for (int i = 0; i < 2; ++i) {  // the second time the statements before the failure are known to the server
      pipeline statements;
      statements.add(persistence::begin_transaction).add(make_table).add(divide, std::int32_t{0}).add(one);
      statements.add(persistence::commit_transaction);
      const auto answers = co_await connection_of(session).run(std::move(statements), test::soon());
      REQUIRE(answers.error() == database_errc::statement_failed);
      REQUIRE(connection_of(session).is_idle());
      pipeline again;
      again.add(divide, std::int32_t{1}).add(one);
      const auto fine = co_await connection_of(session).run(std::move(again), test::soon());
      REQUIRE(fine.has_value());
      REQUIRE(fine->back().front().get<std::int32_t>(0) == 1);
    }
  });
}

TEST_CASE("text travels as it is, megabytes of it both ways at once", "[persistence][integration]") {
  test::stores stores(1);
  stores.with_session([](session& session) -> awaitable<> {
    const std::vector<std::optional<std::string>> odd{"it's", "\"quoted\"", "back\\slash", "{br,aces}", "NULL",
                                                      "",     "tick🎟et",   "line\nfeed",  std::nullopt};
    pipeline statements;
    statements.add(echo, odd);
    const auto answers = co_await connection_of(session).run(std::move(statements), test::soon());
    REQUIRE(answers.has_value());
    std::vector<std::optional<std::string>> back;
    for (const auto r : answers->front()) back.push_back(r.get<std::optional<std::string>>(0));
    REQUIRE(back == odd);

    // More than the sockets buffer: a client that only sent, and read nothing, would hang here.
    const std::vector<std::string> large(64, std::string(100'000, 'x'));
    pipeline flood;
    for (int i = 0; i < 4; ++i) flood.add(echo, large);
    const auto echoed = co_await connection_of(session).run(std::move(flood), test::soon());
    REQUIRE(echoed.has_value());
    for (const auto& rows : *echoed) REQUIRE(rows.size() == large.size());
  });
}

// Behind a pooler the next statement comes to another server, and what the session was told stays with the first, for
// whoever has it next. (The seventh is published, and tells it what holds anyway.)
TEST_CASE("a migration outside a transaction tells the session nothing", "[integration]") {
  for (const auto& each : persistence::migrations().subspan(7)) {
    const std::string sql = each.sql;
    if (!sql.starts_with("-- outside a transaction\n")) continue;
    INFO(each.name);
    CHECK(sql.find("\nSET ") == sql.find("\nSET LOCAL "));
  }
}

TEST_CASE("many roles migrate at once", "[persistence][integration]") {
  test::fresh_database fresh;
  asio::io_context io;
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = fresh.url();
  settings.connections = 4;
  const auto database = persistence::make_database(io.get_executor(), settings, metrics);
  int migrated = 0;
  const auto one_role = [&]() -> awaitable<> {
    const auto done = co_await database->migrate(test::soon());
    REQUIRE(done.has_value());
    ++migrated;
  };
  const auto all_roles = [&]() -> awaitable<> {
    for (int i = 0; i < 3; ++i) async::spawn(io.get_executor(), "role", one_role());
    co_await one_role();
    co_await until_true([&] { return migrated == 4; });
  };
  test::run_coroutine(io, all_roles());
  auto sql = fresh.connect();
  const auto known = std::to_string(persistence::migrations().size());
  REQUIRE(sql("SELECT count(*) FROM schema_migrations") == known);
  REQUIRE(sql("SELECT to_regclass('orders') IS NOT NULL") == "t");

  sql("INSERT INTO schema_migrations (number, name) VALUES (9999, 'of a newer executable')");
  test::run_coroutine(io, one_role());
  REQUIRE(sql("SELECT max(number) FROM schema_migrations") == "9999");
}

TEST_CASE("the pool survives a restart of the server", "[persistence][integration][lab]") {
  test::stores stores(2);
  stores.sql("SELECT 1");
  {
    const server_guard guard{"start"};
    test::lab("stop", "db");
    const auto down = [&]() -> awaitable<> {
      co_await until_true([&] { return !stores.database->is_reachable(); });
      for (int i = 0; i < 3; ++i) {
        const auto began = std::chrono::steady_clock::now();
        const auto got = co_await stores.database->acquire(test::soon());
        REQUIRE(got.error() == database_errc::unreachable);
        REQUIRE(std::chrono::steady_clock::now() - began < 2s);
      }
    };
    stores.run(down());
  }
  const auto up = [&]() -> awaitable<> {
    // Nobody asks; it is noticed all the same.
    co_await until_true([&] { return stores.database->is_reachable(); });
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    const auto error = co_await run_one(**session, one, test::soon());
    REQUIRE_FALSE(error);
  };
  stores.run(up());
}

TEST_CASE("a server that hangs costs a statement its deadline", "[persistence][integration][lab]") {
  test::stores stores(2);
  const auto body = [&]() -> awaitable<> {
    {
      auto session = co_await stores.database->acquire(test::soon());
      REQUIRE(session.has_value());
      const server_guard guard{"resume"};
      test::lab("pause", "db");
      const auto began = std::chrono::steady_clock::now();
      const auto error = co_await run_one(**session, one, deadline_in(100ms));
      REQUIRE(error == database_errc::statement_timeout);
      REQUIRE(std::chrono::steady_clock::now() - began < 2s);
    }
    auto session = co_await stores.database->acquire(test::soon());
    REQUIRE(session.has_value());
    const auto error = co_await run_one(**session, one, test::soon());
    REQUIRE_FALSE(error);
  };
  stores.run(body());
}
