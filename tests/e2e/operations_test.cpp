// What an operator relies on: health, metrics, and one trace through every role's log.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/patterns.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace ticketd;
using namespace ticketd::test;

namespace {

const std::vector<std::string> roles{"api-1", "api-2", "api-3", "worker-1", "payments"};

answer ask(const laboratory& lab, const std::string& role, const std::string& path) {
  return send(lab.ops_url(role), get(path));
}

std::string dependency(const answer& health, const std::string& name) {
  const auto* dependencies = health.json().if_contains("dependencies");
  const auto* state = dependencies != nullptr ? dependencies->as_object().if_contains(name) : nullptr;
  return state != nullptr ? std::string(state->as_string()) : std::string();
}

// The Prometheus text exposition format, version 0.0.4: the names of the samples; what is no line of it is `bad`.
struct exposition {
  std::set<std::string> names;
  std::vector<std::string> bad;
};

exposition parse_metrics(const std::string& text) {
  static const pattern comment(R"(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+)");
  static const pattern sample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (\+Inf|-Inf|NaN|[-+0-9.eE]+))");
  exposition read;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto found = sample.fits(line))
      read.names.insert(found->at(1));
    else if (!comment.fits(line))
      read.bad.push_back(line);
  }
  return read;
}

// No line has the whole of an order's id.
bool has_line(const std::vector<boost::json::object>& lines, const std::string& order_id) {
  for (const auto& line : lines)
    for (const auto& member : line)
      if (member.value().is_string() && member.value().get_string().find(order_id) != boost::json::string::npos)
        return true;
  return false;
}

// A program that is ticketd, but that api-2's clock is an hour ahead, and api-3's an hour behind.
class clocks_apart {
 public:
  clocks_apart() : path_(required_variable("TICKETD_LAB_DIR") + "/clocks-apart") {
    std::ofstream script(path_);
    script << "#!/bin/sh\n"
              "case $TICKETD_INSTANCE in api-2) FAKETIME=+3600s ;; api-3) FAKETIME=-3600s ;; esac\n"
              "if [ -n \"$FAKETIME\" ]; then\n"
              "  for library in /usr/lib/*/faketime/libfaketimeMT.so.1; do LD_PRELOAD=$library; done\n"
              "  FAKETIME_DONT_FAKE_MONOTONIC=1\n"
              "  export FAKETIME FAKETIME_DONT_FAKE_MONOTONIC LD_PRELOAD\n"
              "fi\n"
              "exec '"
           << required_variable("TICKETD_LAB_BINARY") << "' \"$@\"\n";
    script.close();
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  clocks_apart(const clocks_apart&) = delete;
  clocks_apart& operator=(const clocks_apart&) = delete;
  ~clocks_apart() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("Every role says that it lives, and whether it can work", "[operations]") {
  const laboratory lab;
  lab.up();
  for (const auto& role : roles) {
    CHECK(ask(lab, role, "/livez").status() == 200);
    CHECK(ask(lab, role, "/readyz").status() == 200);
    CHECK(ask(lab, role, "/readyz").member("status") == "ok");
    CHECK(ask(lab, role, "/nothing").status() == 404);
  }
  for (const std::string name : {"database", "broker", "redis"}) {
    CHECK(dependency(ask(lab, "api-1", "/readyz"), name) == "up");
    CHECK(dependency(ask(lab, "worker-1", "/readyz"), name) == "up");
  }
}

TEST_CASE("An api is ready as long as it can sell, a worker while it can settle, and both live on", "[operations]") {
  const laboratory lab;
  lab.up();
  const auto says = [&](const std::string& role, int status, const std::string& name, const std::string& state) {
    return eventually([&] {
      const answer health = ask(lab, role, "/readyz");
      return health.status() == status && dependency(health, name) == state;
    });
  };
  struct loss {
    std::string service, name;
    int of_api, of_worker;
  };
  for (const auto& lost :
       {loss{"redis", "redis", 200, 200}, loss{"db", "database", 200, 503}, loss{"rabbitmq", "broker", 503, 503}}) {
    const auto live_on = [&] {
      for (const auto& [role, status] : {std::pair(std::string("api-1"), lost.of_api), {"worker-1", lost.of_worker}}) {
        INFO(role);
        CHECK(says(role, status, lost.name, "down"));
        CHECK(ask(lab, role, "/livez").status() == 200);
      }
    };
    break_and_repair(lab, {.service = lost.service, .breaks_by = "stop", .while_broken = live_on});
    for (const std::string role : {"api-1", "worker-1"}) CHECK(says(role, 200, lost.name, "up"));
  }
}

TEST_CASE("Every role's metrics are in the exposition format, and say what happened", "[operations]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  concert.rush(30, 10);
  REQUIRE(concert.settles());
  CHECK(concert.availability().status() == 200);

  std::set<std::string> of_ticketd;
  for (const auto& role : roles) {
    const answer said = ask(lab, role, "/metrics");
    CHECK(said.header("Content-Type").starts_with("text/plain; version=0.0.4"));
    const auto metrics = parse_metrics(said.text());
    CHECK(metrics.bad == std::vector<std::string>());
    CHECK_FALSE(metrics.names.empty());
    for (const std::string name : {"ticketd_build_info", "process_cpu_seconds_total", "process_open_fds"}) {
      INFO(name << " of " << role);
      CHECK(metrics.names.contains(name));
    }
    of_ticketd.insert(metrics.names.begin(), metrics.names.end());
  }
  for (const std::string name : {"ticketd_http_requests_total",
                                 "ticketd_http_request_duration_seconds_bucket",
                                 "ticketd_orders_total",
                                 "ticketd_cache_reads_total",
                                 "ticketd_charges_total",
                                 "ticketd_publishes_total",
                                 "ticketd_http_connections_open",
                                 "ticketd_publish_batch_orders_sum",
                                 "ticketd_confirm_duration_seconds_count",
                                 "ticketd_in_flight_orders",
                                 "ticketd_queue_depth_orders",
                                 "ticketd_settle_batch_orders_bucket",
                                 "ticketd_settle_duration_seconds_sum",
                                 "ticketd_orders_dead_lettered_total",
                                 "ticketd_orders_repeated_total",
                                 "ticketd_database_pool_wait_duration_seconds_count",
                                 "ticketd_database_connections_busy",
                                 "ticketd_database_connections_open",
                                 "ticketd_cache_breaker_state",
                                 "ticketd_broker_up",
                                 "ticketd_broker_breaker_state",
                                 "ticketd_sandbox_charges_total"}) {
    INFO(name);
    CHECK(of_ticketd.contains(name));
  }
  CHECK(lab.metric("worker-1", "ticketd_settle_batch_orders_sum") >= 30);
  CHECK(lab.metric("worker-1", "ticketd_broker_up") == 1);
  CHECK(lab.metric("api-1", "ticketd_cache_breaker_state") == 0);
}

TEST_CASE("However many list the events, the database is asked once", "[operations]") {
  const laboratory lab;
  lab.up();
  const auto statements = [&] { return lab.metric("api-1", "ticketd_database_statements_total"); };
  const double before = statements();
  const auto began = std::chrono::steady_clock::now();
  const auto answers = send_all({lab.replica_url(1)}, std::vector<call>(3000, get("/api/v1/events")), 100);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  CHECK(count_of(answers, 200) == 3000);
  const double copies = took.count() / 0.1;  // each lives for a tenth of a second, and is read once
  CHECK(statements() - before <= copies + 10);
}

TEST_CASE("Ids that nobody gave out cost the database no question each", "[operations]") {
  const laboratory lab;
  lab.up();
  const auto statements = [&] { return lab.metric("api-1", "ticketd_database_statements_total"); };
  std::vector<call> calls;
  for (int i = 0; i < 1000; ++i) {
    calls.push_back(get("/api/v1/events/nobody-" + std::to_string(i)));
    calls.push_back(get("/api/v1/events/nobody-" + std::to_string(i) + "/availability"));
    calls.push_back(get(fmt::format("/api/v1/orders/6f0c8a52-0000-8000-8000-{:012}", i)));
  }
  const double before = statements();
  const auto began = std::chrono::steady_clock::now();
  CHECK(count_of(send_all({lab.replica_url(1)}, calls, 50), 404) == 3000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const double lists = took.count() / 0.1;  // the list of ids lives for a tenth of a second
  CHECK(statements() - before <= lists + 10);
}

TEST_CASE("A sampled trace is found with its order in the log of every role on its way", "[operations]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  // W3C Trace Context: version, trace, parent, and the flag "sampled". The trace is the event's, so of this run alone.
  std::string trace =
      "4bf92f3577b34da6a3ce929d" + std::to_string(10000000 + std::stoll(concert.event_id().substr(10, 8)) % 10000000);
  const std::string id =
      concert.buy({.email = "", .quantity = 1, .key = "", .traceparent = "00-" + trace + "-00f067aa0ba902b7-01"})
          .member("id");
  REQUIRE(concert.settles());
  const auto is_logged = [&](const std::vector<std::string>& services) {
    for (const auto& service : services)
      if (has_line(lab.log_lines(service, trace), id.substr(0, 18))) return true;
    return false;
  };
  CHECK(eventually([&] { return is_logged({"api-1", "api-2", "api-3"}); }));
  CHECK(eventually([&] { return is_logged({"worker-1"}); }));
  CHECK(eventually([&] { return is_logged({"payments"}); }));

  CHECK(concert.buy({.email = "", .quantity = 1, .key = "", .traceparent = "nonsense\"}"}).status() == 202);
  CHECK(concert.breaches() == "");
}

TEST_CASE("No secret is in any log", "[operations]") {
  const laboratory lab;
  lab.up();
  for (const std::string service : {"api-1", "worker-1", "payments", "nginx", "nginx-access"})
    for (const std::string name : {"admin-token", "secret", "db-password", "db-owner-password", "db-superuser-password",
                                   "amqp-password", "redis-password", "redis-operator-password"}) {
      INFO(name << " in the log of " << service);
      CHECK(lab.file("logs/" + service + ".log").find(lab.secret(name)) == std::string::npos);
    }
}

TEST_CASE("A sale opens by the database's clock, whatever the replicas' clocks say", "[operations]") {
  const laboratory lab;
  const clocks_apart program;
  lab.up({}, {{"TICKETD_LAB_BINARY", program.path()}});
  const auto now = domain::now();
  const auto at = [&](std::chrono::minutes later) {
    return domain::to_rfc3339(std::chrono::floor<std::chrono::seconds>(now + later));
  };
  using std::chrono::minutes;
  sale soon(lab, {.opens_at = at(minutes(30))});
  sale open(lab, {.opens_at = at(minutes(-30)), .closes_at = at(minutes(30))});
  const auto host_time = [&](const std::string& replica) {
    return send(replica, get("/api/v1/events")).header("Date");
  };
  CHECK(host_time(lab.replica_url(2)) != host_time(lab.replica_url(1)));
  for (const auto& replica : lab.replica_urls()) {
    CAPTURE(replica);
    CHECK(send(replica, soon.purchase()).problem() == "sale-not-open");
    CHECK(send(replica, get("/api/v1/events/" + soon.event_id())).member("sale_status") == "scheduled");
    const answer bought = send(replica, open.purchase());
    CHECK(bought.status() == 202);
    open.note({bought});
    CHECK(send(replica, get("/api/v1/events/" + open.event_id() + "/availability")).member("sale_status") == "on_sale");
  }
  CHECK(open.settles());
  CHECK(open.outcomes() == std::map<std::string, int>{{"confirmed", 3}});
  CHECK(lab.query(
            "SELECT bool_and(abs(extract(epoch FROM updated_at - accepted_at)) < 60) FROM orders WHERE event_id = '" +
            open.event_id() + "'") == "t");
  CHECK(open.breaches() == "");
  lab.up();
}
