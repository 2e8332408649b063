// A database of the schema that had a table for everything (migration 5), with orders in every state, becomes today's:
// beside a replica and a worker of that version which go on.
#include "persistence/migrations.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"
#include "support/eventually.hpp"
#include "support/fresh_database.hpp"
#include "support/program.hpp"
#include "support/stores.hpp"

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace ticketd;

namespace {

constexpr int schema_before = 5;

// As scripts/lab audit runs it, without a ledger.
std::string audit(const test::fresh_database& on, const std::string& file) {
  std::string script = test::read_document(file);
  const auto copy = script.find("\\copy accepted FROM stdin\n");
  REQUIRE(copy != std::string::npos);
  script.insert(script.find('\n', copy) + 1, "\\.\n");
  const std::string path = std::filesystem::temp_directory_path() / ("ticketd-audit-" + std::to_string(::getpid()));
  std::ofstream(path) << script;
  const auto ran = test::run_program({"psql", "-X", "-At", "-d", on.url(), "-v", "ledger=", "-v", "tolerance=1", "-v",
                                      "payments_were_off=false", "-f", path});
  std::filesystem::remove(path);
  return ran.output + ran.errors;
}

void apply(test::plain_sql& sql, const persistence::migration& each) {
  sql("BEGIN; " + std::string(each.sql) + "; COMMIT");
  sql("INSERT INTO schema_migrations (number, name) VALUES (" + std::to_string(each.number) + ", 'of a test')");
}

// With orders in every state.
void build_schema_before(test::plain_sql& sql) {
  sql("CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
      "applied_at timestamptz NOT NULL DEFAULT now())");
  for (const auto& each : persistence::migrations().first(schema_before)) apply(sql, each);
  sql(test::read_document("tests/support/schema_5_orders.sql"));
}

void migrate(const test::fresh_database& on) {
  asio::io_context io;
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = on.url();
  settings.instance = "test";
  const auto database = persistence::make_database(io.get_executor(), settings, metrics);
  const auto migrated = test::run_coroutine(io, database->migrate(deadline_in(std::chrono::minutes(2))));
  REQUIRE(migrated.has_value());
}

// What a replica of before asks, word for word but for the ids.
const std::string find_order_before =
    "SELECT o.status || ' ' || coalesce(i.number::text, 'none') || ' ' || (SELECT coalesce(string_agg(code, ' ' ORDER "
    "BY "
    "ordinal), 'none') FROM tickets WHERE order_id = ANY (ARRAY[o.id])) "
    "FROM orders o LEFT JOIN invoices i ON i.order_id = o.id WHERE o.buyer_name = ";

}  // namespace

TEST_CASE("orders in every state are carried over, beside replicas of the version before",
          "[persistence][migration][integration]") {
  const test::fresh_database fresh;
  auto sql = fresh.connect();
  build_schema_before(sql);
  REQUIRE(audit(fresh, "tests/support/schema_5_audit.sql").starts_with("every promise is kept"));
  const std::string sums =
      "SELECT count(*) || ' ' || sum(quantity) || ' ' || string_agg(DISTINCT status::text, ' ') FROM orders";
  const std::string before = sql(sums);

  auto replica = fresh.connect();
  replica("PREPARE find AS " + find_order_before + "$1");
  const std::string paid = replica("EXECUTE find ('paid77')");
  REQUIRE(paid.starts_with("confirmed 77 "));

  migrate(fresh);

  REQUIRE(sql(sums) == before);
  const auto audited = audit(fresh, "scripts/lib/audit.sql");
  INFO(audited);
  REQUIRE(audited.starts_with("every promise is kept"));
  REQUIRE(sql("SELECT count(*) FROM orders WHERE payment_intent = 'pi_' || buyer_name") == "10001");
  REQUIRE(sql("SELECT string_agg(o.buyer_name || ':' || p.status || ':' || (p.expires_at IS NOT NULL), ' ' ORDER BY "
              "o.buyer_name) FROM payments p JOIN orders o ON o.id = p.order_id") ==
          "claimed:pending:true in_doubt:pending:false refund_due:refund_due:false refund_failed:refund_failed:false "
          "refunded:refunded:false waiting:pending:true");
  REQUIRE(sql("SELECT bool_and(id_layout = 1) FROM events") == "t");

  // A replica of before reads on, a plan made before the migration included ...
  REQUIRE(replica("EXECUTE find ('paid77')") == paid);
  // ... and a worker of before confirms what it has charged.
  const std::string claimed = "(SELECT id FROM orders WHERE buyer_name = 'claimed')";
  sql("UPDATE orders SET status = 'confirmed', hold_expires_at = NULL WHERE buyer_name = 'claimed'");
  sql("UPDATE categories SET sold = sold + 2, held = held - 2 WHERE id = 'standing'");
  sql("UPDATE events SET last_invoice = 10003");
  sql("INSERT INTO invoices (event_id, number, order_id, amount, currency) SELECT 'gig', 10003, id, 100000, 'TRY' FROM "
      "orders WHERE buyer_name = 'claimed'");
  sql("INSERT INTO tickets (order_id, ordinal, code) SELECT " + claimed +
      ", g, 'CODE' || g FROM generate_series(1, 2) g");
  sql("UPDATE payments SET status = 'succeeded', intent_id = 'pi_claimed' WHERE order_id = " + claimed);
  REQUIRE(replica("EXECUTE find ('claimed')") == "confirmed 10003 CODE1 CODE2");
  REQUIRE(sql("SELECT payment_intent FROM orders WHERE buyer_name = 'claimed'") == "pi_claimed");
  REQUIRE(audit(fresh, "scripts/lib/audit.sql").starts_with("every promise is kept"));
}

TEST_CASE("what interrupts a migration that goes in steps costs nothing", "[persistence][migration][integration]") {
  const test::fresh_database fresh;
  auto sql = fresh.connect();
  build_schema_before(sql);
  apply(sql, persistence::migrations()[schema_before]);
  // Somebody holds an order's row: the steps wait for it, and stop when their connection is cut.
  auto holder = fresh.connect();
  holder("BEGIN; SELECT 1 FROM orders WHERE buyer_name = 'paid9000' FOR UPDATE");
  std::thread cut([&] {
    auto other = fresh.connect();
    const std::string waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'test'";
    if (!test::eventually([&] { return other("SELECT count(*) " + waiting) != "0"; })) return;
    other("SELECT pg_terminate_backend(pid) " + waiting);
  });
  asio::io_context io;
  observability::metrics metrics;
  persistence::database_settings settings;
  settings.url = fresh.url();
  settings.instance = "test";
  const auto database = persistence::make_database(io.get_executor(), settings, metrics);
  const auto interrupted = test::run_coroutine(io, database->migrate(deadline_in(std::chrono::minutes(1))));
  cut.join();
  REQUIRE_FALSE(interrupted.has_value());
  REQUIRE(sql("SELECT (SELECT count(*) FROM invoices_before) BETWEEN 1 AND 9000") == "t");
  REQUIRE(sql("SELECT count(*) FROM invoices") == "10002");
  holder("ROLLBACK");
  migrate(fresh);
  REQUIRE(audit(fresh, "scripts/lib/audit.sql").starts_with("every promise is kept"));
}
