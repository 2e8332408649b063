// Who may do what at the servers: ticketd comes to them as somebody who may do what it does, and no more.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/eventually.hpp"
#include "support/http_calls.hpp"
#include "support/laboratory.hpp"
#include "support/program.hpp"
#include "support/raw_client.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"
#include "support/test_certificate.hpp"
#include "support/tls_proxy.hpp"

#include <chrono>
#include <csignal>
#include <regex>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;

namespace {

// As the worker was started with it.
std::string setting_of_worker(const laboratory& lab, const std::string& name) {
  const std::string run = lab.file("worker-1/run");
  std::smatch found;
  REQUIRE(std::regex_search(run, found, std::regex("export " + name + "=(\\S+)\n")));
  return found[1];
}

program_result psql(const std::string& url, const std::string& sql) {
  return run_program({"psql", "-X", "-At", url, "-c", sql}, {}, 60s);
}

// What Redis says to these lines, each a command.
std::string redis_says(const laboratory& lab, const std::string& lines) {
  raw_client client(lab.port("redis"));
  client.send(lines + "QUIT\r\n");
  return client.read_to_end();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string ticketd_binary() { return required_variable("TICKETD_LAB_BINARY"); }

}  // namespace

TEST_CASE("The database's role reads and writes rows, and changes nothing else", "[privileges]") {
  const laboratory lab;
  lab.up();
  const std::string url = setting_of_worker(lab, "TICKETD_DATABASE_URL");
  const std::string allowed =
      "SELECT count(*) FROM orders; UPDATE events SET name = name; DELETE FROM orders WHERE false";
  CHECK(psql(url, allowed).status == 0);
  for (const std::string sql :
       {"CREATE TABLE mine (n integer)", "CREATE TEMPORARY TABLE mine (n integer)", "CREATE SCHEMA mine",
        "TRUNCATE orders", "ALTER TABLE orders ADD COLUMN mine integer", "DROP TABLE orders", "CREATE ROLE mine",
        "CREATE DATABASE mine", "CREATE INDEX ON orders (buyer_email)", "COPY orders TO PROGRAM 'cat'",
        "SELECT * FROM pg_authid", "SET ROLE ticketd_owner", "ALTER ROLE ticketd SUPERUSER",
        "CREATE FUNCTION mine() RETURNS integer RETURN 1"}) {
    const auto refused = psql(url, sql);
    INFO(sql << ": " << refused.errors);
    CHECK(refused.status != 0);
    CHECK((has(refused.errors, "permission denied") || has(refused.errors, "must be owner") ||
           has(refused.errors, "must be superuser")));
  }
}

TEST_CASE("Redis' user reads and writes ticketd's keys, and does nothing else", "[privileges]") {
  const laboratory lab;
  lab.up();
  CHECK(has(redis_says(lab, "GET ticketd:event:tarkan-2027\r\n"), "NOAUTH"));
  const std::string url = setting_of_worker(lab, "TICKETD_REDIS_URL");
  std::smatch found;
  REQUIRE(std::regex_match(url, found, std::regex("redis://(\\w+):(\\w+)@.*")));
  const std::string log_in = "AUTH " + found[1].str() + " " + found[2].str() + "\r\n";
  CHECK(redis_says(lab, log_in + "PING\r\nGET ticketd:no-event\r\nSET ticketd:test x PX 10\r\n") ==
        "+OK\r\n+PONG\r\n$-1\r\n+OK\r\n+OK\r\n");
  for (const std::string command :
       {"GET other", "SET other x", "FLUSHALL", "CONFIG GET *", "KEYS *", "CLIENT LIST", "ACL WHOAMI", "SAVE",
        "SHUTDOWN NOSAVE", "REPLICAOF 127.0.0.1 1", "SCRIPT FLUSH", "MODULE LIST", "MONITOR"}) {
    INFO(command);
    CHECK(has(redis_says(lab, log_in + command + "\r\n"), "-NOPERM"));
  }
}

TEST_CASE("RabbitMQ's only user is nobody's administrator", "[privileges]") {
  const laboratory lab;
  lab.up();
  const std::string users = lab.must({"rabbitmqctl", "list_users", "--no-table-headers"});
  CHECK(std::regex_match(users, std::regex("ticketd\\s+\\[\\]\\s*")));
  const std::string permissions = lab.must({"rabbitmqctl", "list_user_permissions", "ticketd", "--no-table-headers"});
  CHECK(std::regex_match(permissions, std::regex(R"(ticketd(\s+\^\(ticketd\\+\.\|amq\\+\.gen-\)){3}\s*)")));
}

TEST_CASE("--migrate makes the schema as the owner; a role that may not waits for it", "[privileges]") {
  const laboratory lab;
  lab.up();
  const std::string owner = lab.must({"url", "db", "unborn"});
  const std::string owners_url = owner.substr(0, owner.find('\n'));
  std::string roles_url = setting_of_worker(lab, "TICKETD_DATABASE_URL");
  roles_url.replace(roles_url.rfind('/'), std::string::npos, "/unborn");
  lab.must({"psql", "-q", "-d", "ticketd", "-c", "DROP DATABASE IF EXISTS unborn WITH (FORCE)"});
  lab.must({"psql", "-q", "-d", "ticketd", "-c", "CREATE DATABASE unborn OWNER ticketd_owner"});
  const auto grants = run_program({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", owners_url, "-f",
                                   checkout() + "/deploy/postgresql-privileges.sql"});
  INFO(grants.errors);
  REQUIRE(grants.status == 0);

  // Who may not make it is refused, in one line and at once.
  const auto refused = run_program({ticketd_binary(), "--migrate", "--migrations-url=" + roles_url}, {}, 20s);
  CHECK(refused.status == 1);
  CHECK(std::regex_match(refused.errors, std::regex("ticketd: the schema is not up to date: [^\n]*\n")));
  CHECK(has(refused.output, "permission denied for schema public"));

  const std::string ops = "127.0.0.1:" + std::to_string(lab.spare_port(2));
  running_program worker({ticketd_binary(), "--role=worker", "--database-url=" + roles_url, "--ops-listen=" + ops,
                          "--payments=off", "--cache=off", "--amqp-url=" + setting_of_worker(lab, "TICKETD_AMQP_URL"),
                          "--secret=0123456789abcdef"});
  const auto database_is_up = [&] {
    const answer ready = send("http://" + ops, get("/readyz"));
    return ready.text();
  };
  REQUIRE(eventually([&] { return has(database_is_up(), "database"); }));
  CHECK(eventually([&] { return lab.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'unborn'") != "0"; }));
  CHECK(psql(owners_url, "SELECT to_regclass('orders') IS NULL").output == "t\n");

  for (int time = 1; time <= 2; ++time) {  // again: nothing is left to do
    const auto done = run_program({ticketd_binary(), "--migrate"}, {{"TICKETD_MIGRATIONS_URL", owners_url}}, 60s);
    INFO(done.errors);
    CHECK(done.status == 0);
    CHECK(has(done.output, "database.migrated") == (time == 1));
  }
  CHECK(eventually([&] { return send("http://" + ops, get("/readyz")).status() == 200; }));
  worker.send_signal(SIGTERM);
  const auto ended = worker.ends_within(30s);
  REQUIRE(ended);
  CHECK(has(ended->output, "database.migration_waits"));
  lab.must({"psql", "-q", "-d", "ticketd", "-c", "DROP DATABASE unborn WITH (FORCE)"});
}

TEST_CASE("--migrate needs a database, and says so in a line", "[privileges]") {
  const auto nothing = run_program({ticketd_binary(), "--migrate"}, {}, 20s);
  CHECK(nothing.status == 2);
  CHECK(has(nothing.errors, "--migrations-url (TICKETD_MIGRATIONS_URL) is required"));
  const auto good = run_program(
      {ticketd_binary(), "--migrate", "--check", "--migrations-url=postgresql://a:b@127.0.0.1:1/c"}, {}, 20s);
  CHECK(good.status == 0);
  CHECK(good.output == "ticketd: the settings of this migration are good\n");
}

TEST_CASE("A provider behind TLS is charged where its certificate is vouched for, and is named in the log where not",
          "[privileges]") {
  const laboratory lab;
  lab.up();
  const auto certificate = make_certificate("localhost");
  const tls_proxy provider(certificate, lab.port("payments"));
  const temporary_file trusted(certificate.certificate_pem);
  const std::string url = "https://localhost:" + std::to_string(provider.port());
  lab.up({}, {{"TICKETD_PAYMENTS_URL", url}, {"TICKETD_PAYMENTS_CA_FILE", trusted.path()}});
  {
    sale concert(lab, {.capacity = 100});
    concert.rush(20, 5);
    CHECK(concert.settles());
    CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 20}});
  }
  CHECK(provider.accepted() > 0);
  CHECK(provider.refused() == 0);

  lab.up({}, {{"TICKETD_PAYMENTS_URL", url}});  // whom the system trusts
  sale concert(lab, {.capacity = 100});
  concert.rush(1, 1);
  CHECK(eventually([&] { return provider.refused() > 0; }));
  const auto said = [&] { return lab.log_lines("worker-1", "http.unreachable"); };
  REQUIRE(eventually([&] { return !said().empty(); }));
  CHECK(has(std::string(said().back().at("error").as_string()),
            "the certificate is not accepted: self-signed certificate"));
  CHECK(has(std::string(said().back().at("server").as_string()), "localhost:"));
  CHECK(concert.order(concert.ledger().front()).member("status") == "reserved");
  lab.up();
  CHECK(concert.settles());  // nothing was lost by it
}
