// The lab in containers: scripts/lab --compose, deploy/compose.yaml and one image for every role.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/redis_drill.hpp"
#include "support/servers.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace ticketd;
using namespace ticketd::test;
namespace fs = std::filesystem;

namespace {

laboratory containers() { return laboratory(laboratory::made_of::containers); }

std::string container(const std::string& service) {
  return "ticketd-" + required_variable("TICKETD_LAB_PORT_OFFSET") + "-" + service;
}

std::string inspect(const std::string& service, const std::string& format) {
  auto result = run_program({"docker", "inspect", "-f", format, container(service)});
  REQUIRE(result.status == 0);
  while (!result.output.empty() && result.output.back() == '\n') result.output.pop_back();
  return result.output;
}

bool can_reach(const std::string& from, const std::string& host, int port) {
  const std::string url = "telnet://" + host + ":" + std::to_string(port);
  // curl has connected where its time is over with the connection open (28), and says so in its words.
  const auto tried = run_program({"docker", "exec", container(from), "curl", "-sv", "-m", "2", url});
  return tried.errors.find("Connected to") != std::string::npos;
}

int processes_of_root(const std::string& service) {
  const auto listed = run_program({"docker", "top", container(service), "-eo", "pid,uid"});
  REQUIRE(listed.status == 0);
  std::istringstream lines(listed.output);
  std::string pid;
  std::string uid;
  int count = 0;
  while (lines >> pid >> uid) count += uid == "0";
  return count;
}

int https_port() { return 8443 + std::stoi(required_variable("TICKETD_LAB_PORT_OFFSET")); }

// `docker compose`, without the lab, and told what the lab's own commands tell it.
std::string compose(const laboratory& lab, const std::vector<std::string>& arguments) {
  const std::string checkout = test::checkout();
  std::vector<std::string> command{"docker", "compose",
                                   "-p",     "ticketd-" + required_variable("TICKETD_LAB_PORT_OFFSET"),
                                   "-f",     checkout + "/deploy/compose.yaml"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto result = run_program(command,
                                  {{"TICKETD_HTTP_PORT", std::to_string(lab.port("nginx"))},
                                   {"TICKETD_HTTPS_PORT", std::to_string(https_port())},
                                   {"TICKETD_RATE_LIMIT_EXEMPT", "on"},
                                   {"TICKETD_RABBITMQ_MANAGEMENT_PORT", std::to_string(lab.port("rabbitmq"))}},
                                  std::chrono::minutes(10));
  INFO(result.errors);
  REQUIRE(result.status == 0);
  return result.output;
}

// The replicas that have answered the latest requests, as Nginx's log of them says.
std::set<std::string> replicas_at_work(const laboratory& lab) {
  std::set<std::string> addresses;
  std::istringstream lines(lab.must({"logs", "nginx"}));
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code is_no_json;
    const auto entry = boost::json::parse(line, is_no_json);
    if (is_no_json || !entry.is_object()) continue;
    const std::string upstream(entry.at("upstream").as_string());
    if (!upstream.empty()) addresses.insert(upstream.substr(upstream.rfind(' ') + 1));  // after a retry: the last
  }
  return addresses;
}

// Waits until so many replicas answer; the requests push those that no longer do out of the log's end.
bool comes_to_work(const laboratory& lab, std::size_t replicas) {
  return eventually([&] {
    const auto answers = send_all({lab.public_url()}, std::vector<call>(50, get("/api/v1/events")), 5);
    return count_of(answers, 200) == 50 && replicas_at_work(lab).size() == replicas;
  });
}

// A folder with no program in it but these, and the basic ones.
class sparse_path {
 public:
  sparse_path() {
    for (const std::string program : {"bash", "env", "dirname", "realpath", "cat", "sed", "rm", "mv", "mkdir"})
      fs::create_symlink("/usr/bin/" + program, folder_.path() / program);
  }

  void add(const std::string& program, const std::string& script) const {
    std::ofstream(folder_.path() / program) << "#!/bin/bash\n" << script << '\n';
    fs::permissions(folder_.path() / program, fs::perms::owner_all);
  }
  [[nodiscard]] environment variables() const { return {{"PATH", folder_.path().string()}}; }

 private:
  temporary_directory folder_;
};

void is_one_line_with(const program_result& result, const std::string& text) {
  INFO(result.errors);
  CHECK(result.status == 1);
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  CHECK(result.errors.find(text) != std::string::npos);
}

}  // namespace

TEST_CASE("From nothing to a confirmed ticket with one command", "[compose]") {
  const laboratory lab = containers();
  lab.must({"down", "--wipe"});
  CHECK(lab.run({"status"}).status == 3);
  CHECK(lab.run({"status", "--json"}).status == 3);
  CHECK(lab.status().at("is_up") == false);
  const boost::json::value url = lab.status().at("public_url");
  lab.up();
  CHECK(lab.status().at("is_up") == true);
  CHECK(lab.status().at("public_url") == url);

  const answer bought = send(lab.public_url(), with_json(http::verb::post, "/api/v1/orders",
                                                         R"({"event_id": "tarkan-2027", "category_id": "standing",
      "quantity": 2, "buyer": {"name": "Ada Lovelace", "email": "ada@example.com"}})"));
  REQUIRE(bought.status() == 202);
  const auto order = [&] { return send(lab.public_url(), get(bought.header("Location"))); };
  REQUIRE(eventually([&] { return order().member("status") == "confirmed"; }));
  CHECK(order().json().at("tickets").as_array().size() == 2);
  CHECK(order().json().at("invoice").is_object());
  CHECK(lab.run({"audit"}).status == 0);
}

TEST_CASE("Every role runs from the one image, without privileges", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  const std::string image = inspect("api-1", "{{.Image}}");
  for (const std::string service : {"api-1", "api-2", "api-3", "worker-1", "payments-1", "nginx-1"}) {
    INFO(service);
    CHECK(inspect(service, "{{.Image}}") == image);
    CHECK(inspect(service, "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.State.Health.Status}}") ==
          "ticketd true healthy");
    const auto touched = run_program({"docker", "exec", container(service), "touch", "/a-file"});
    CHECK(touched.errors.find("Read-only file system") != std::string::npos);
  }
  const auto version = run_program({"docker", "exec", container("api-1"), "ticketd", "--version"});
  const std::string label = inspect("api-1", R"({{index .Config.Labels "org.opencontainers.image.version"}})");
  CHECK(version.output.starts_with("ticketd " + label + " ("));

  for (const std::string service : {"api-1", "worker-1", "payments-1", "nginx-1", "db-1", "redis-1", "rabbitmq-1"}) {
    INFO(service);
    CHECK(inspect(service, "{{.HostConfig.RestartPolicy.Name}}") == "unless-stopped");
    CHECK(inspect(service, "{{.HostConfig.Memory}}") != "0");
  }

  for (const std::string service : {"api-1", "worker-1", "payments-1", "nginx-1", "db-1", "redis-1", "rabbitmq-1"}) {
    INFO(service);
    CHECK(inspect(service, "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}") ==
          "true [ALL] [no-new-privileges:true]");
    CHECK(inspect(service, "{{len .HostConfig.CapAdd}}") == "0");
    CHECK(std::stoi(inspect(service, "{{.HostConfig.PidsLimit}}")) > 0);
    CHECK(processes_of_root(service) == 0);
  }

  // What the front door cannot reach it cannot be made to ask.
  CHECK(can_reach("api-1", "db", 5432));
  for (const auto& [host, port] :
       {std::pair("db", 5432), std::pair("redis", 6379), std::pair("rabbitmq", 5672), std::pair("payments", 8095)}) {
    INFO(host);
    CHECK_FALSE(can_reach("nginx-1", host, port));
  }
  CHECK(can_reach("nginx-1", "api", 8080));

  // Nobody can be called from outside but Nginx, and RabbitMQ's page from this machine.
  for (const std::string service : {"api-1", "worker-1", "payments-1", "db-1", "redis-1"}) {
    INFO(service);
    CHECK(inspect(service, "{{len .HostConfig.PortBindings}}") == "0");
  }
  CHECK(send("http://127.0.0.1:" + std::to_string(lab.port("rabbitmq")), get("/")).status() == 200);
}

TEST_CASE("What is stopped has finished what it had in hand: it is stopped, not dead", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  for (const std::string service : {"nginx", "api-2", "worker-1", "payments", "db", "rabbitmq"}) {
    lab.stop(service);
    const std::string status = lab.must({"status"});
    INFO(status);
    const auto line = status.substr(status.find(service + " "));
    CHECK(line.substr(0, line.find('\n')).find("stopped") != std::string::npos);
  }
}

TEST_CASE("Started by Compose itself, the containers are those of the lab, and obey its commands", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  const std::string made_by_lab = compose(lab, {"ps", "-q"});
  compose(lab, {"up", "-d", "--wait"});
  CHECK(compose(lab, {"ps", "-q"}) == made_by_lab);
  compose(lab, {"up", "-d", "--wait", "--scale", "api=5"});
  const temporary_directory directory;
  const environment new_lab{{"TICKETD_LAB_DIR", (directory.path() / "lab").string()}};
  lab.must({"stop", "api-5"}, new_lab);
  lab.must({"start", "api-5"}, new_lab);
  CHECK(lab.run({"audit"}, new_lab).status == 0);
  CHECK(comes_to_work(lab, 5));
  lab.must({"up"});
  CHECK(compose(lab, {"ps", "-q"}) == made_by_lab);
}

TEST_CASE("A server that was away is brought back by up, whether or not the replicas are unhealthy by then",
          "[compose]") {
  const laboratory lab = containers();
  lab.up();
  const auto lose_the_broker_until = [&](const std::string& what, const std::string& value) {
    lab.stop("rabbitmq");
    REQUIRE(eventually([&] { return inspect("api-1", "{{.State.Health." + what + "}}") == value; }));
  };
  // They become unhealthy while the broker is on its way back.
  lose_the_broker_until("FailingStreak", "3");
  lab.must({"up"});
  CHECK(inspect("api-1", "{{.State.Health.Status}}") == "healthy");

  lose_the_broker_until("Status", "unhealthy");
  lab.must({"up"});
  CHECK(inspect("api-1", "{{.State.Health.Status}}") == "healthy");

  lose_the_broker_until("Status", "unhealthy");
  compose(lab, {"up", "-d"});
  CHECK(eventually([] { return inspect("api-1", "{{.State.Health.Status}}") == "healthy"; }));
}

TEST_CASE("A replica's address that is given to somebody else is no replica", "[compose]") {
  const laboratory lab = containers();
  lab.must({"up"});
  lab.stop("payments");
  lab.stop("api-2");
  lab.start("api-2");  // Docker gives out the lowest address that is free: the sandbox's
  REQUIRE(comes_to_work(lab, 3));
  lab.stop("api-2");
  lab.start("payments");
  const auto answers = send_all({lab.public_url()}, std::vector<call>(200, get("/api/v1/events")), 10);
  CHECK(count_of(answers, 200) == 200);
  lab.start("api-2");
}

TEST_CASE("The worker's container stopped, a thousand orders accepted, the worker started", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  sale concert(lab, {.capacity = 1000});
  break_and_repair(lab, {.service = "worker-1", .breaks_by = "stop", .while_broken = [&] {
                           CHECK(count_of(concert.rush(1000, 50), 202) == 1000);
                           CHECK(concert.rows() == 0);
                           CHECK(concert.order(concert.ledger().front()).member("status") == "queued");
                         }});
  CHECK(concert.breaches() == "");
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 1000}});
}

TEST_CASE("Redis' container stopped under load and started again", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  break_redis_under_load(lab, "stop");
}

TEST_CASE("An api container killed under load costs no buyer an error", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  REQUIRE(comes_to_work(lab, 3));
  sale concert(lab, {.capacity = 100000});
  const auto replicas = [&](std::size_t wanted) { return replicas_at_work(lab).size() == wanted; };
  break_under_load(lab, concert,
                   {{.service = "api-2",
                     .breaks_by = "kill",
                     .while_broken = [&] { CHECK(eventually([&] { return replicas(2); })); },
                     .is_back = [&] { return replicas(3); }}});
}

TEST_CASE("Scaled to five under load, the new replicas take traffic", "[compose]") {
  const laboratory lab = containers();
  lab.must({"up"});
  sale concert(lab, {.capacity = 100000});
  // Of twelve buyers each may have found its connection closed once for each of the two newcomers, never a wrong answer
  // (docs/operations.md, "Known limits").
  constexpr std::size_t closed_max = 24;
  sell_under_load(
      lab, concert,
      [&](const steady_load& load) {
        lab.up({"--replicas", "5"});
        CHECK(eventually([&] { return replicas_at_work(lab).size() == 5; }));
        CHECK(load.goes_on(50));
      },
      {}, closed_max);
}

TEST_CASE("RabbitMQ's container restarted with orders in the queue", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  sale concert(lab, {.capacity = 1000});
  lab.stop("worker-1");
  concert.rush(300, 50);
  REQUIRE(concert.ledger().size() == 300);
  break_and_repair(lab, {.service = "rabbitmq",
                         .breaks_by = "stop",
                         .while_broken =
                             [&] {
                               const answer refused = send(lab.public_url(), concert.purchase());
                               CHECK(refused.status() == 503);
                               CHECK(refused.problem() == "unavailable");
                             },
                         .is_back = [&] { return concert.buy().status() == 202; }});
  lab.start("worker-1");
  CHECK(concert.breaches() == "");
}

TEST_CASE("What is sold stays sold when the containers go down and come up again", "[compose]") {
  const laboratory lab = containers();
  lab.up();
  sale concert(lab, {.capacity = 100});
  concert.rush(60, 20);
  REQUIRE(concert.settles());
  lab.stop("worker-1");
  concert.rush(20, 20);
  REQUIRE(concert.ledger().size() == 80);  // the last of them in the queue
  lab.must({"down"});
  CHECK(lab.run({"status"}).status == 3);
  lab.must({"up"});
  CHECK(concert.order(concert.ledger().front()).member("status") == "confirmed");
  CHECK(eventually([&] { return concert.remaining() == 20; }));
  CHECK(concert.breaches() == "");
}

TEST_CASE("Requests are limited by address where the lab's own networks are not exempt", "[compose]") {
  const laboratory lab = containers();
  lab.up({}, {{"TICKETD_RATE_LIMIT_EXEMPT", "off"}, {"TICKETD_RATE_LIMIT", "1"}, {"TICKETD_RATE_LIMIT_BURST", "5"}});
  const auto answers = send_all({lab.public_url()}, std::vector<call>(20, get("/api/v1/events")), 1);
  CHECK(count_of(answers, 200) >= 5);
  REQUIRE(count_of(answers, 429) >= 5);
  const auto limited =
      std::find_if(answers.begin(), answers.end(), [](const answer& each) { return each.status() == 429; });
  CHECK(limited->problem() == "too-many-requests");
  CHECK(limited->header("Retry-After") == "1");
  lab.up();
}

TEST_CASE("A .env that lacks a secret is one clear line of Compose itself", "[compose]") {
  const temporary_directory directory;
  const auto copy = directory.path() / "deploy";
  fs::copy(fs::path(test::checkout()) / "deploy", copy, fs::copy_options::recursive);
  std::ifstream example(copy / ".env.example");
  std::ofstream half(copy / ".env");
  for (std::string line; std::getline(example, line);)
    if (!line.starts_with("TICKETD_ADMIN_TOKEN=")) half << line << '\n';
  half.close();
  const auto refused = run_program({"docker", "compose", "-f", (copy / "compose.yaml").string(), "config"});
  CHECK(refused.status != 0);
  CHECK(std::count(refused.errors.begin(), refused.errors.end(), '\n') == 1);
  CHECK(refused.errors.find("TICKETD_ADMIN_TOKEN is missing a value") != std::string::npos);
}

TEST_CASE("What is missing for containers is one clear line", "[compose]") {
  const laboratory lab = containers();
  const sparse_path path;
  is_one_line_with(lab.run({"up"}, path.variables()), "Docker is not installed");
  path.add("docker", "exit 1");  // has no plugin
  is_one_line_with(lab.run({"up"}, path.variables()), "Compose version 2");
  path.add("docker", "[[ $1 != compose ]] || echo 2.26.1; [[ $1 == compose ]]");
  is_one_line_with(lab.run({"up"}, path.variables()), "engine does not answer");
  is_one_line_with(lab.run({"up"}, {{"TICKETD_SECRET", ""}}), "TICKETD_SECRET");
  const environment all_secrets{{"TICKETD_SECRET", "a-secret-of-ones-own"},
                                {"TICKETD_ADMIN_TOKEN", "a-token-of-ones-own"},
                                {"TICKETD_DATABASE_PASSWORD", "d"},
                                {"TICKETD_DATABASE_OWNER_PASSWORD", "o"},
                                {"TICKETD_REDIS_PASSWORD", "r"},
                                {"TICKETD_AMQP_OPERATOR_PASSWORD", "p"},
                                {"TICKETD_AMQP_PASSWORD", ""}};
  is_one_line_with(lab.run({"up"}, all_secrets), "TICKETD_AMQP_PASSWORD");
  is_one_line_with(lab.run({"up"}, {{"TICKETD_SECRET", "a-secret-of-ones-own"}}), "and not TICKETD_ADMIN_TOKEN");

  const boost::asio::ip::tcp::endpoint taken(boost::asio::ip::address_v4::loopback(), lab.port("nginx"));
  lab.must({"down"});
  boost::asio::io_context io;
  {
    const boost::asio::ip::tcp::acceptor somebody(io, taken);
    is_one_line_with(lab.run({"up"}), "port " + std::to_string(taken.port()) + " is taken");
  }
  lab.must({"up"});
}
