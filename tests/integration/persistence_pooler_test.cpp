// A real PgBouncer between the pool and PostgreSQL: in transaction mode another server with each transaction, fewer of
// them than connections, and nothing of ours left behind on any.
#include "persistence/migrations.hpp"
#include "persistence/postgres_session.hpp"
#include "support/eventually.hpp"
#include "support/pgbouncer.hpp"
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/steady_timer.hpp>

#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using persistence::pipeline;
using persistence::query;
using persistence::session;
using test::pgbouncer;

namespace {

constexpr query my_pid{"my_pid", "SELECT pg_backend_pid()"};
constexpr query doze{"doze", "SELECT pg_sleep(0.05) IS NULL"};
constexpr query my_limits{
    "my_limits",
    "SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('idle_in_transaction_session_timeout'), current_setting('enable_seqscan'))"};

persistence::connection& connection_of(session& lent) { return static_cast<persistence::postgres_session&>(lent).on(); }

awaitable<std::vector<persistence::rows>> run(session& on, pipeline statements) {
  auto answers = co_await connection_of(on).run(std::move(statements), test::soon());
  REQUIRE(answers.has_value());
  co_return std::move(*answers);
}

std::string server_url() { return test::required_variable("TICKETD_TEST_DATABASE_URL"); }

auto through(const pgbouncer& pooler) {
  return [&pooler](const std::string& url) { return pooler.way_to(url); };
}

void sell_one_ticket_each(test::stores& stores, int buyers) {
  REQUIRE(stores.define(test::gig(100)) == domain::define_outcome::created);
  std::vector<domain::accepted_order> orders;
  for (int i = 0; i < buyers; ++i) orders.push_back(stores.order("standing", 1));
  stores.settle(orders, domain::payment_mode::confirm_at_once);
  for (const auto& order : orders) CHECK(stores.find(order.id).status == domain::order_status::confirmed);
}

}  // namespace

TEST_CASE("a sale goes through a pooler, from the first migration on", "[pooler][integration]") {
  test::pooler_settings settings;
  SECTION("in transaction mode") { settings.mode = "transaction"; }
  SECTION("in session mode") {
    settings.mode = "session";
    settings.servers_max = 10;
  }
  const pgbouncer pooler(server_url(), settings);
  test::stores stores(4, through(pooler));
  CHECK(stores.sql("SELECT count(*) FROM schema_migrations") == std::to_string(persistence::migrations().size()));
  stores.with_session([](session& on) -> awaitable<> {
    CHECK(connection_of(on).is_pooled());
    co_return;
  });
  sell_one_ticket_each(stores, 20);
  CHECK(stores.sql("SELECT sold FROM categories WHERE id = 'standing'") == "20");
}

TEST_CASE("to PostgreSQL itself there is no pooler", "[pooler][integration]") {
  test::stores stores(1);
  stores.with_session([](session& on) -> awaitable<> {
    CHECK_FALSE(connection_of(on).is_pooled());
    pipeline statements;
    statements.add(my_limits);
    const auto answers = co_await run(on, std::move(statements));
    CHECK(answers.front().front().get<std::string>(0) == "30s 10s 15s off");
  });
}

TEST_CASE("behind a pooler our limits hold in each transaction, and are nobody else's", "[pooler][integration]") {
  const pgbouncer pooler(server_url(), {.servers_max = 2});
  test::stores stores(2, through(pooler));
  stores.with_session([](session& on) -> awaitable<> {
    for (int i = 0; i < 2; ++i) {
      pipeline alone;
      alone.add(my_limits);
      const auto of_one = co_await run(on, std::move(alone));
      REQUIRE(of_one.size() == 1);
      CHECK(of_one.front().front().get<std::string>(0) == "30s 10s 15s off");

      pipeline transaction;
      transaction.add(persistence::begin_transaction).add(my_limits).add(persistence::commit_transaction);
      const auto answers = co_await run(on, std::move(transaction));
      REQUIRE(answers.size() == 3);
      CHECK(answers[1].front().get<std::string>(0) == "30s 10s 15s off");
    }
  });
  // Both servers that there are, at the hands of somebody else.
  test::plain_sql one(pooler.way_to(stores.fresh.url()));
  test::plain_sql other(pooler.way_to(stores.fresh.url()));
  for (auto* sql : {&one, &other}) {
    (*sql)("BEGIN");
    CHECK((*sql)("SHOW lock_timeout") == "0");
    CHECK((*sql)("SHOW enable_seqscan") == "on");
    CHECK((*sql)("SELECT count(*) FROM pg_prepared_statements") == "0");
    CHECK((*sql)("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0");
  }
}

TEST_CASE("eight connections share two servers, and each has its own answers", "[pooler][integration]") {
  const pgbouncer pooler(server_url(), {.servers_max = 2});
  test::stores stores(8, through(pooler));
  std::set<std::int32_t> servers;
  int done = 0;
  const auto one = [&]() -> awaitable<> {
    auto lent = co_await stores.database->acquire(test::soon());
    REQUIRE(lent.has_value());
    for (int i = 0; i < 5; ++i) {
      pipeline opening;
      opening.add(persistence::begin_transaction).add(my_pid).add(doze);
      const auto first = co_await run(**lent, std::move(opening));
      const auto server = first[1].front().get<std::int32_t>(0);
      servers.insert(server);
      pipeline closing;  // of the same transaction, so at the same server
      closing.add(my_pid).add(persistence::commit_transaction);
      const auto second = co_await run(**lent, std::move(closing));
      CHECK(second.front().front().get<std::int32_t>(0) == server);
    }
    ++done;
  };
  for (int i = 0; i < 8; ++i) async::spawn(stores.io.get_executor(), "session", one);
  stores.io.restart();
  test::run_until(stores.io, [&] { return done == 8; });
  CHECK(servers.size() == 2);
}

TEST_CASE("of roles that migrate through a pooler at once, one does it", "[pooler][integration]") {
  const pgbouncer pooler(server_url(), {.servers_max = 5});
  const test::fresh_database fresh;
  asio::io_context io;
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = pooler.way_to(fresh.url());
  settings.connections = 4;
  const auto database = persistence::make_database(io.get_executor(), settings, metrics);
  int migrated = 0;
  const auto one_role = [&]() -> awaitable<> {
    const auto done = co_await database->migrate(test::soon());
    REQUIRE(done.has_value());
    ++migrated;
  };
  for (int i = 0; i < 4; ++i) async::spawn(io.get_executor(), "role", one_role);
  test::run_until(io, [&] { return migrated == 4; });
  auto sql = fresh.connect();
  CHECK(sql("SELECT count(*) FROM schema_migrations") == std::to_string(persistence::migrations().size()));
  CHECK(sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0");
}

TEST_CASE("a role starts through a pooler with one server, and one that would have to migrate keeps it from nobody",
          "[pooler][integration]") {
  const pgbouncer pooler(server_url(), {.servers_max = 1});
  const test::fresh_database fresh;
  asio::io_context io;
  observability::metrics metrics;
  const auto open = [&](std::string url) {
    persistence::database_settings settings;
    settings.url = std::move(url);
    return persistence::make_database(io.get_executor(), settings, metrics);
  };
  const auto migrate_by = [&](persistence::database& way) {
    bool is_migrated = false;
    const auto role = [&]() -> awaitable<> {
      const auto done = co_await way.migrate(deadline_in(20s));
      is_migrated = done.has_value();
    };
    const auto began = std::chrono::steady_clock::now();
    test::run_coroutine(io, role());
    CHECK(std::chrono::steady_clock::now() - began < 15s);
    return is_migrated;
  };
  const auto pooled = open(pooler.way_to(fresh.url()));
  CHECK_FALSE(migrate_by(*pooled));
  auto sql = fresh.connect();
  CHECK(test::eventually([&] { return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"; }));

  REQUIRE(migrate_by(*open(fresh.url())));
  CHECK(migrate_by(*pooled));
}
