// The executable itself: what it says when it cannot start, and how it ends.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/http_calls.hpp"
#include "support/laboratory.hpp"
#include "support/notify_socket.hpp"
#include "support/servers.hpp"

#include <algorithm>
#include <csignal>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), required_variable("TICKETD_LAB_BINARY"));
  return arguments;
}

// What is expected to end by itself, and soon.
program_result run(std::vector<std::string> arguments, const environment& variables = {}) {
  return run_program(command(std::move(arguments)), variables, 20s);
}

std::string ops_address(const laboratory& lab) { return "127.0.0.1:" + std::to_string(lab.spare_port(2)); }
std::string listen_flag(const laboratory& lab) { return "--listen=127.0.0.1:" + std::to_string(lab.spare_port(1)); }
std::string ops_flag(const laboratory& lab) { return "--ops-listen=" + ops_address(lab); }
std::string ops_url(const laboratory& lab) { return "http://" + ops_address(lab); }

bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n' && text.size() > 1;
}

const std::string database_flag = "--database-url=postgresql://somebody:opensesame@127.0.0.1:1/nothing";
const std::string amqp_flag = "--amqp-url=amqp://somebody:opensesame@127.0.0.1:1/";
const std::string payments_flag = "--payments-url=http://127.0.0.1:1";
const std::string redis_flag = "--redis-url=redis://127.0.0.1:1";
const std::string secret_flag = "--secret=0123456789abcdef";
const std::string token_flag = "--admin-token=0123456789abcdef";

}  // namespace

TEST_CASE("--help and --version are answers, not failures", "[command_line]") {
  for (const std::string flag : {"--help", "--version"}) {
    const auto result = run({flag});
    CHECK(result.status == 0);
    CHECK(result.output.find("ticketd") != std::string::npos);
    CHECK(result.errors.empty());
  }
}

TEST_CASE("A missing or wrong setting is one line that names it, and status 2", "[command_line]") {
  struct mistake {
    std::vector<std::string> arguments;
    std::string named;
  };
  const std::vector<std::string> api{"--role=api", database_flag, amqp_flag,  payments_flag,
                                     redis_flag,   secret_flag,   token_flag, "--purchase=sync"};
  std::vector<mistake> mistakes{{{}, "role"},
                                {{"--role=cashier"}, "role"},
                                {{"--role=payments", "--listen=nowhere"}, "listen"},
                                {{"--role=payments", "--sandbox-decline-rate=2"}, "sandbox-decline-rate"},
                                {{"--role=payments", "--log-level=loud"}, "log-level"},
                                {{"--role=payments", "--nonsense"}, "nonsense"}};
  for (const std::string missing : {"database-url", "payments-url", "redis-url", "secret", "admin-token"}) {
    auto arguments = api;
    std::erase_if(arguments, [&](const auto& flag) { return flag.starts_with("--" + missing); });
    mistakes.push_back({std::move(arguments), missing});
  }
  auto asynchronous = api;
  std::erase(asynchronous, amqp_flag);
  std::erase(asynchronous, "--purchase=sync");
  mistakes.push_back({asynchronous, "amqp-url"});
  auto short_secret = api;
  short_secret.push_back("--secret=short");
  std::erase(short_secret, secret_flag);
  mistakes.push_back({short_secret, "secret"});

  for (const auto& each : mistakes) {
    const auto result = run(each.arguments);
    INFO(each.named << ": " << result.errors);
    CHECK(result.status == 2);
    CHECK(is_one_line(result.errors));
    CHECK(result.errors.find(each.named) != std::string::npos);
    CHECK(result.errors.find("opensesame") == std::string::npos);
    CHECK(result.output.empty());
  }
}

TEST_CASE("A flag has its variable, and wins over it", "[command_line]") {
  const auto by_variable = run({}, {{"TICKETD_ROLE", "cashier"}});
  CHECK(by_variable.status == 2);
  CHECK(by_variable.errors.find("cashier") != std::string::npos);
  const auto by_flag = run({"--role=barman"}, {{"TICKETD_ROLE", "cashier"}});
  CHECK(by_flag.errors.find("barman") != std::string::npos);
}

TEST_CASE("A busy port is one clear line", "[command_line]") {
  const laboratory lab;
  lab.up();
  const std::string busy = "127.0.0.1:" + std::to_string(lab.port("nginx"));
  for (const auto& flags :
       {std::pair("--listen=" + busy, ops_flag(lab)), std::pair(listen_flag(lab), "--ops-listen=" + busy)}) {
    const auto result = run({"--role=payments", flags.first, flags.second});
    INFO(result.errors);
    CHECK(result.status == 1);
    CHECK(is_one_line(result.errors));
    CHECK(result.errors.find(busy) != std::string::npos);
  }
}

TEST_CASE("SIGTERM and SIGINT end a role with status 0", "[command_line]") {
  const laboratory lab;
  for (const int signal : {SIGTERM, SIGINT}) {
    running_program program(command({"--role=payments", listen_flag(lab), ops_flag(lab)}));
    REQUIRE(eventually([&] { return send(ops_url(lab), get("/readyz")).status() == 200; }));
    program.send_signal(signal);
    const auto result = program.ends_within(30s);
    REQUIRE(result);
    CHECK(result->status == 0);
  }
}

TEST_CASE("A role tells systemd when it is ready, that it lives, and when it stops", "[command_line]") {
  const laboratory lab;
  const notify_socket systemd("role");
  running_program program(command({"--role=payments", listen_flag(lab), ops_flag(lab)}),
                          {{"NOTIFY_SOCKET", systemd.address()}, {"WATCHDOG_USEC", "200000"}});
  CHECK(systemd.next() == "READY=1\n");
  for (int beat = 0; beat < 5; ++beat) CHECK(systemd.next() == "WATCHDOG=1\nSTATUS=ready\n");
  program.send_signal(SIGSTOP);
  while (systemd.next(std::chrono::seconds(1))) {
  }
  program.send_signal(SIGCONT);
  CHECK(systemd.next() == "WATCHDOG=1\nSTATUS=ready\n");
  program.send_signal(SIGTERM);
  CHECK(eventually([&] { return systemd.next().value_or("").starts_with("STOPPING=1\n"); }));
  const auto result = program.ends_within(30s);
  REQUIRE(result);
  CHECK(result->status == 0);
}

TEST_CASE("An api starts without its servers, says what it lacks, and still ends on SIGTERM", "[command_line]") {
  const laboratory lab;
  running_program program(command(
      {"--role=api", database_flag, amqp_flag, redis_flag, secret_flag, token_flag, listen_flag(lab), ops_flag(lab)}));
  REQUIRE(eventually([&] { return send(ops_url(lab), get("/livez")).status() == 200; }));
  CHECK(send(ops_url(lab), get("/readyz")).status() == 503);
  program.send_signal(SIGTERM);
  const auto result = program.ends_within(30s);
  REQUIRE(result);
  CHECK(result->status == 0);
  CHECK(result->errors.find("opensesame") == std::string::npos);
  CHECK(result->output.find("opensesame") == std::string::npos);
}
