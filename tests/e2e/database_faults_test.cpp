// Without the database orders are still accepted, and cached reads are served, marked stale.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/servers.hpp"

using namespace ticketd;
using namespace ticketd::test;

namespace {

// A backup of the lab's database, which comes in instead of what is there.
class backup {
 public:
  explicit backup(const laboratory& lab) : lab_(lab), path_(required_variable("TICKETD_LAB_DIR") + "/backup.sql") {
    url_ = lab_.must({"url", "db"});
    url_.erase(url_.find_last_not_of('\n') + 1);
    REQUIRE(run_program({"pg_dump", "-f", path_, url_}).status == 0);
  }
  void wipe() const {
    for (const auto* what : {"DROP DATABASE ticketd WITH (FORCE)", "CREATE DATABASE ticketd OWNER ticketd_owner"})
      lab_.must({"psql", "-d", "postgres", "-q", "-c", what});
  }
  // As its owner: no role may do it itself.
  void migrate() const {
    const auto done =
        run_program({required_variable("TICKETD_LAB_BINARY"), "--migrate"}, {{"TICKETD_MIGRATIONS_URL", url_}});
    REQUIRE(done.status == 0);
  }
  void restore() const {
    wipe();
    REQUIRE(run_program({"psql", "-q", "-o", "/dev/null", "-f", path_, url_}).status == 0);
  }

 private:
  const laboratory& lab_;
  std::string path_;
  std::string url_;
};

}  // namespace

TEST_CASE("Without the database purchases are accepted, cached reads are served as stale, and all settles afterwards",
          "[database]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string id = concert.buy().member("id");
  REQUIRE(concert.settles());
  // Every replica keeps copies of all events in case of this.
  for (const auto& replica : lab.replica_urls()) {
    const auto path = "/api/v1/events/" + concert.event_id() + "/availability";
    REQUIRE(eventually([&] { return send(replica, get(path)).status() == 200; }));
  }

  const auto sell_without_database = [&] {
    CHECK(count_of(concert.rush(200, 20), 202) == 200);
    CHECK(eventually([&] {
      const answer stale = concert.availability();
      REQUIRE(stale.status() == 200);
      const std::string status = stale.header("Cache-Status");
      return status.starts_with("ticketd; hit; ttl=-") && status.ends_with("; detail=database-down");
    }));
    CHECK(send(lab.public_url(), get("/api/v1/events")).status() == 200);
    CHECK(concert.order(id).problem() == "unavailable");
    CHECK(concert.plan({.capacity = 1}).problem() == "unavailable");
    CHECK(send(lab.ops_url("api-1"), get("/readyz")).status() == 200);  // it sells
  };
  for (const std::string breaks_by : {"stop", "kill"}) {
    break_and_repair(lab,
                     {.service = "db", .breaks_by = breaks_by, .while_broken = sell_without_database, .is_back = [&] {
                        return concert.order(id).member("status") == "confirmed";
                      }});
    CHECK(concert.settles());
    CHECK(eventually([&] { return concert.availability().header("Cache-Status") == "ticketd; hit"; }));
  }
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 401}});
  CHECK(concert.breaches() == "");
}

TEST_CASE("A worker killed while it waits for the database loses nothing of what it had in hand", "[database]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  break_and_repair(lab, {.service = "db", .breaks_by = "stop", .while_broken = [&] {
                           REQUIRE(count_of(concert.rush(300, 50), 202) == 300);
                           // The worker has taken orders from the queue as they came, and cannot settle them.
                           lab.kill("worker-1");
                         }});
  lab.start("worker-1");
  CHECK(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 300}});
  CHECK(concert.breaches() == "");
}

TEST_CASE("Sold out, and a database that hangs: whoever may have been accepted before is asked to repeat",
          "[database]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 1});
  REQUIRE(concert.buy().status() == 202);
  REQUIRE(concert.becomes("sold_out"));
  REQUIRE(concert.buy().status() == 409);
  break_and_repair(lab, {.service = "db", .breaks_by = "pause", .while_broken = [&] {
                           CHECK(count_of(concert.rush(30, 1), 503) == 30);
                         }});
  CHECK(concert.breaches() == "");
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 1}});
}

TEST_CASE("A database that hangs under load costs no purchase, and none is lost", "[database]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  break_under_load(lab, concert, {{.service = "db", .breaks_by = "pause"}});
}

TEST_CASE("Who holds one event's row holds up that event's orders, and no other's", "[database]") {
  const laboratory lab;
  lab.up();
  sale held(lab, {.capacity = 100});
  sale other(lab, {.capacity = 100});
  const std::string holders =
      "FROM pg_stat_activity WHERE query LIKE 'BEGIN; UPDATE%pg_sleep%' AND pid <> pg_backend_pid()";
  for (const std::string& what : {"UPDATE events SET name = name WHERE id = '" + held.event_id() + "'",
                                  "UPDATE categories SET name = name WHERE event_id = '" + held.event_id() + "'"}) {
    INFO(what);
    const running_program holder({required_variable("TICKETD_TEST_LAB"), "psql", "-d", "ticketd", "-c",
                                  "BEGIN; " + what + "; SELECT pg_sleep(600)"});
    REQUIRE(eventually([&] { return lab.count("SELECT count(*) " + holders + " AND wait_event = 'PgSleep'") == 1; }));
    const std::string first = held.buy({.email = "", .key = "key" + std::to_string(held.ledger().size())}).member("id");
    REQUIRE(count_of(held.rush(20, 20), 202) == 20);
    REQUIRE(count_of(other.rush(20, 20), 202) == 20);
    CHECK(other.settles());
    CHECK(held.order(first).member("status") == "queued");
    CHECK(eventually([&] { return lab.count("SELECT count(*) FROM waiting_orders") == 21; }));
    CHECK(lab.metric("worker-1", "ticketd_events_waiting") == 1);
    CHECK(lab.run({"audit"}).output.find("21 orders wait") != std::string::npos);
    lab.query("SELECT pg_terminate_backend(pid) " + holders);
    CHECK(held.settles());
    CHECK(held.order(first).member("status") == "confirmed");
  }
  CHECK(held.breaches() == "");
  CHECK(other.breaches() == "");
}

TEST_CASE("What the database refuses of one event's rows holds up that event's orders, and no other's", "[database]") {
  const laboratory lab;
  lab.up();
  sale faulty(lab, {.capacity = 100});
  sale other(lab, {.capacity = 100});
  const std::string before_it =
      "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'not of this event'; END $$; CREATE TRIGGER fault BEFORE ";
  const std::string of_it =
      " ON orders FOR EACH ROW WHEN (NEW.event_id = '" + faulty.event_id() + "') EXECUTE FUNCTION fault()";
  // Their settlement; and what the provider said of them.
  for (const std::string write : {"INSERT", "UPDATE"}) {
    INFO(write);
    lab.query(before_it + write + of_it);
    REQUIRE(count_of(faulty.rush(20, 20), 202) == 20);
    REQUIRE(count_of(other.rush(20, 20), 202) == 20);
    CHECK(other.settles());
    CHECK(send(lab.ops_url("worker-1"), get("/readyz")).status() == 200);
    CHECK(faulty.order(faulty.ledger().back()).member("status") == (write == "INSERT" ? "queued" : "reserved"));
    lab.query("DROP FUNCTION fault CASCADE");
    CHECK(faulty.settles());
  }
  CHECK(faulty.outcomes() == std::map<std::string, int>{{"confirmed", 40}});
  CHECK(faulty.breaches() == "");
  CHECK(other.breaches() == "");
}

TEST_CASE("A database that is restored, or wiped alone, is believed by replicas that run on", "[database]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100});
  REQUIRE(count_of(concert.rush(10, 10), 202) == 10);
  REQUIRE(concert.settles());
  const backup saved(lab);
  REQUIRE(count_of(concert.rush(20, 10), 202) == 20);
  REQUIRE(concert.settles());
  REQUIRE(concert.plan({.capacity = 120}).status() == 200);  // its revision is higher from now on
  CHECK(eventually([&] { return concert.do_all_replicas_say(90); }));

  lab.stop("worker-1");
  saved.restore();
  lab.start("worker-1");
  CHECK(eventually([&] { return concert.do_all_replicas_say(90); }));
  sale restored(lab, {.capacity = 1});
  CHECK(restored.buy().status() == 202);
  CHECK(restored.becomes("sold_out"));

  // The database alone: Redis and every replica's copies are as they were.
  lab.stop("worker-1");
  saved.wipe();
  saved.migrate();
  lab.start("worker-1");
  CHECK(eventually([&] { return send(lab.ops_url("worker-1"), get("/livez")).status() == 200; }));
  REQUIRE(eventually([&] { return restored.plan({.capacity = 7}).status() == 201; }));
  CHECK(eventually([&] { return restored.do_all_replicas_say(7); }));
  CHECK(restored.buy().status() == 202);
  CHECK(eventually([&] { return restored.do_all_replicas_say(6); }));

  lab.stop("worker-1");
  saved.restore();
  lab.start("worker-1");
}
