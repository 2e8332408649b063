// scripts/lab itself: it does what it is told, and says clearly what it will not do.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/eventually.hpp"
#include "support/patterns.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string write_file(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "-" + name);
  std::ofstream(path) << text;
  return path.string();
}

// Names and processes, without those that the servers start and end as they please.
boost::json::object lasting_part_of(boost::json::object status) {
  const auto is_a_server = [](const boost::json::value& service) {
    const auto name = service.at("name").as_string();
    return name == "db" || name == "redis" || name == "rabbitmq";
  };
  for (auto& service : status.at("services").as_array())
    if (is_a_server(service)) service.as_object().erase("pids");
  return status;
}

// Another lab beside this one. Its offset is one above those ports that the kernel gives to outgoing connections.
environment other_lab(const laboratory& lab, const std::string& name) {
  const auto offset = 5600 + (lab.status().at("port_offset").as_int64() + 200) % 3400;
  const auto directory = std::filesystem::temp_directory_path() / (name + "-" + std::to_string(::getpid()));
  return {{"TICKETD_LAB_DIR", directory.string()}, {"TICKETD_LAB_PORT_OFFSET", std::to_string(offset)}};
}

boost::json::object service_of(const boost::json::object& status, const std::string& name) {
  for (const auto& service : status.at("services").as_array())
    if (service.at("name").as_string() == name) return service.as_object();
  FAIL("the lab has no service " << name);
  return {};
}

// The ports of this machine that a document names.
std::set<int> ports_named_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::set<int> ports;
  for (const auto& port : pattern(R"((?:localhost|127\.0\.0\.1):(\d+))").captures_in(text))
    ports.insert(std::stoi(port));
  return ports;
}

}  // namespace

TEST_CASE("up a second time is harmless: nothing restarts", "[lab]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  REQUIRE(concert.buy().status() == 202);
  const double requests = lab.metric("api-1", "ticketd_http_requests_total");
  lab.up();
  CHECK(lab.metric("api-1", "ticketd_http_requests_total") >= requests);
  CHECK(concert.breaches() == "");
}

TEST_CASE("A setting that a role would refuse is one line of up, and nothing is stopped or changed", "[lab]") {
  const laboratory lab;
  lab.up();
  const auto before = lasting_part_of(lab.status());
  const auto refused = lab.run({"up"}, {{"TICKETD_HOLD_SECONDS", "soon"}});
  CHECK(refused.status != 0);
  CHECK(refused.errors.find("TICKETD_HOLD_SECONDS") != std::string::npos);
  CHECK(lasting_part_of(lab.status()) == before);
}

TEST_CASE("A proxy in the environment is not asked for what is on this machine", "[lab]") {
  const laboratory lab;
  lab.up();
  const std::string nobody = "http://127.0.0.1:" + std::to_string(lab.spare_port(1));
  const environment proxies{
      {"http_proxy", nobody}, {"HTTP_PROXY", nobody}, {"all_proxy", nobody}, {"no_proxy", "example.com"}};
  const auto said = lab.run({"status"}, proxies);
  INFO(said.output);
  CHECK(said.status == 0);
  CHECK(said.output.find("not ready") == std::string::npos);
  lab.must({"stop", "api-1"});
  CHECK(lab.run({"up"}, proxies).status == 0);
}

TEST_CASE("A disk without room is one line of up", "[lab]") {
  const laboratory lab;
  const temporary_directory directory;
  const auto folder = directory.path();
  std::filesystem::create_directories(folder / "bin");
  const auto df = folder / "bin/df";
  std::ofstream(df) << "#!/bin/sh\nprintf 'Filesystem 1048576-blocks Used Available\\nsmall 20 8 12\\n'\n";
  std::filesystem::permissions(df, std::filesystem::perms::owner_all);
  const std::string path = (folder / "bin").string() + ":" + std::getenv("PATH");
  const auto refused = lab.run({"up"}, {{"PATH", path}, {"TICKETD_LAB_DIR", (folder / "lab").string()}});
  CHECK(refused.status == 1);
  CHECK(refused.errors == first_line(refused.errors) + "\n");
  CHECK(refused.errors.find("only 12 MB are free on the disk of " + (folder / "lab").string()) != std::string::npos);
}

TEST_CASE("status has a line for each service, which says whether it is paused, dead or stopped", "[lab]") {
  const laboratory lab;
  lab.up();
  const auto line_of = [&](const std::string& service) {
    const std::string status = lab.must({"status"});
    const auto begin = status.find(service + " ");
    return begin == std::string::npos ? std::string() : first_line(status.substr(begin));
  };
  for (const std::string service :
       {"nginx", "api-1", "api-2", "api-3", "worker-1", "payments", "db", "redis", "rabbitmq"}) {
    INFO(service);
    CHECK(line_of(service).find(" ready") != std::string::npos);
  }
  lab.pause("payments");
  CHECK(line_of("payments").find("paused") != std::string::npos);
  lab.kill("payments");
  CHECK(line_of("payments").find("dead") != std::string::npos);
  lab.start("payments");
  lab.stop("payments");
  CHECK(line_of("payments").find("stopped") != std::string::npos);
  lab.start("payments");
  CHECK(line_of("payments").find(" ready") != std::string::npos);
}

TEST_CASE("status --json says where everything is, and how, up or down", "[lab]") {
  const laboratory lab;
  lab.up();
  const auto status = lab.status();
  CHECK(status.at("is_up") == true);
  CHECK(status.at("made_of") == "processes");
  CHECK(status.at("phase") == 5);
  CHECK(status.at("public_url") == first_line(lab.must({"url", "nginx"})).c_str());
  CHECK(status.at("directory") == required_variable("TICKETD_LAB_DIR").c_str());
  std::vector<std::string> names;
  for (const auto& service : status.at("services").as_array()) {
    names.emplace_back(service.at("name").as_string());
    INFO(names.back());
    CHECK(service.at("state") == "ready");
    CHECK_FALSE(service.at("pids").as_array().empty());
    CHECK(service.at("address").is_null() == names.back().starts_with("worker"));
    CHECK(service.at("container").is_null());
    if (service.at("ops_port").is_int64()) CHECK(send(lab.ops_url(names.back()), get("/readyz")).status() == 200);
  }
  CHECK(names == std::vector<std::string>{"db", "redis", "rabbitmq", "payments", "api-1", "api-2", "api-3", "worker-1",
                                          "nginx"});
  lab.kill("payments");
  const auto payments = service_of(lab.status(), "payments");
  CHECK(payments.at("state") == "dead");
  CHECK(payments.at("pids").as_array().empty());
  lab.start("payments");

  const environment elsewhere{{"TICKETD_LAB_DIR", other_lab(lab, "ticketd-e2e-no-lab").at("TICKETD_LAB_DIR")}};
  CHECK(lab.run({"status", "--json"}, elsewhere).status == 3);
  const auto down = lab.status(elsewhere);
  CHECK(down.at("is_up") == false);
  CHECK(down.at("phase").is_null());
  CHECK(service_of(down, "db").at("state") == "stopped");
  CHECK(service_of(down, "db").at("port") == service_of(status, "db").at("port"));
}

TEST_CASE("debug runs a service under gdb with its own settings, and starts it again after", "[lab]") {
  const laboratory lab;
  lab.up();
  // Not by calling getenv() in it: gdb 13 cannot write the registers of a processor that has AMX.
  const std::string show_environment =
      "python print(open(f'/proc/{gdb.selected_inferior().pid}/environ').read().split(chr(0)))";
  const auto said =
      lab.run({"debug", "payments", "-batch", "-ex", "break ticketd::sandbox::make_provider", "-ex", "run", "-ex",
               show_environment, "-ex", "shell " + required_variable("TICKETD_TEST_LAB") + " status"});
  INFO(said.output << said.errors);
  CHECK(said.status == 0);
  CHECK(said.output.find("Breakpoint 1, ticketd::sandbox::make_provider") != std::string::npos);
  CHECK(said.output.find("TICKETD_INSTANCE=payments") != std::string::npos);
  CHECK(said.output.find("payments   stopped") != std::string::npos);
  CHECK(service_of(lab.status(), "payments").at("state") == "ready");
  CHECK(lab.run({"debug", "redis"}).status == 1);
}

TEST_CASE("The ports that the documents name are those of a lab", "[lab]") {
  const laboratory lab;
  const auto status = lab.status({{"TICKETD_LAB_DIR", "/no/such/lab"}, {"TICKETD_LAB_PORT_OFFSET", "0"}});
  std::set<int> ports;
  for (const auto& service : status.at("services").as_array())
    for (const auto* member : {"port", "ops_port"})
      if (service.at(member).is_int64()) ports.insert(static_cast<int>(service.at(member).as_int64()));
  const std::filesystem::path checkout = test::checkout();
  std::vector<std::filesystem::path> documents{checkout / "README.md", checkout / "bench/ticket-sales-spike.js"};
  for (const auto& entry : std::filesystem::directory_iterator(checkout / "docs"))
    if (entry.path().extension() == ".md") documents.push_back(entry.path());
  std::set<int> named;
  for (const auto& document : documents) {
    INFO(document.string());
    for (const int port : ports_named_in(document)) {
      CHECK(ports.contains(port));
      named.insert(port);
    }
  }
  CHECK(named.contains(8080));
}

TEST_CASE("A command line that makes no sense is a clear line and status 2", "[lab]") {
  const laboratory lab;
  using arguments = std::vector<std::string>;
  for (const auto& nonsense : {arguments{},
                               arguments{"dance"},
                               arguments{"up", "--phase", "6"},
                               arguments{"up", "--phase"},
                               arguments{"up", "--replicas", "0"},
                               arguments{"up", "--payments", "maybe"},
                               arguments{"up", "--nonsense"},
                               arguments{"up", "--phase 5"},
                               arguments{"up", "now"},
                               arguments{"down", "--nonsense"},
                               arguments{"down", "--wipe=yes"},
                               arguments{"stop"},
                               arguments{"stop", "db", "redis"},
                               arguments{"stop", "--all"},
                               arguments{"logs", "-g", "db"},
                               arguments{"logs"},
                               arguments{"status", "now"},
                               arguments{"status", "--json=1"},
                               arguments{"url"},
                               arguments{"url", "moon"},
                               arguments{"audit", "--nonsense"},
                               arguments{"evolve", "--phases", "7"},
                               arguments{"evolve", "--hurry"},
                               arguments{"minute", "--tickets", "9"},
                               arguments{"minute", "--hurry"},
                               arguments{"spike", "--vus", "many"},
                               arguments{"erase"},
                               arguments{"erase", "ada@example.com", "bob@example.com"},
                               arguments{"spike", "--duration", "a while"},
                               arguments{"dead-letters", "forget"},
                               arguments{"audit", "one", "two"}}) {
    const auto result = lab.run(nonsense);
    INFO(result.errors);
    CHECK(result.status == 2);
    CHECK_FALSE(first_line(result.errors).empty());
    CHECK(result.output.empty());
  }
  CHECK(lab.run({"--help"}).status == 0);
}

TEST_CASE("A service that is not there is one clear line", "[lab]") {
  const laboratory lab;
  lab.up();
  const auto result = lab.run({"stop", "cashier"});
  CHECK(result.status == 1);
  CHECK(result.errors.find("cashier") != std::string::npos);
}

TEST_CASE("What still runs of a lab whose directory was deleted is ended by the next up", "[lab]") {
  const laboratory lab;
  const environment deleted = other_lab(lab, "ticketd-e2e-deleted-lab");
  lab.must({"up", "--only", "redis"}, deleted);
  std::filesystem::remove_all(deleted.at("TICKETD_LAB_DIR"));
  lab.must({"up", "--only", "redis"}, deleted);  // its port is free again
  lab.must({"down", "--wipe"}, deleted);
}

TEST_CASE("A busy port is one clear line, and nothing is started", "[lab]") {
  const laboratory lab;
  const environment busy = other_lab(lab, "ticketd-e2e-busy-lab");  // somebody has one of its ports
  const auto database = service_of(lab.status(busy), "db");
  boost::asio::io_context io;
  const boost::asio::ip::tcp::endpoint taken(boost::asio::ip::address_v4::loopback(),
                                             database.at("port").to_number<std::uint16_t>());
  const boost::asio::ip::tcp::acceptor somebody(io, taken);
  const auto result = lab.run({"up"}, busy);
  CHECK(result.status == 1);
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  CHECK(result.errors.find("port " + std::to_string(taken.port())) != std::string::npos);
  CHECK(lab.run({"down", "--wipe"}, busy).status == 0);
  CHECK_FALSE(std::filesystem::exists(busy.at("TICKETD_LAB_DIR")));
}

TEST_CASE("The audit finds what was doctored", "[lab]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  concert.rush(5, 5);
  REQUIRE(concert.breaches() == "");

  struct doctoring {
    std::string what, undo, rule;
  };
  const std::string event = " WHERE event_id = '" + concert.event_id() + "'";
  const std::string one = "'" + concert.ledger().front() + "'";
  for (const auto& each :
       {doctoring{"UPDATE categories SET sold = sold + 1" + event, "UPDATE categories SET sold = sold - 1" + event,
                  "never oversold"},
        doctoring{"UPDATE orders SET ticket_codes = ticket_codes || ' AGAIN' WHERE id = " + one,
                  "UPDATE orders SET ticket_codes = replace(ticket_codes, ' AGAIN', '') WHERE id = " + one, "tickets"},
        doctoring{"UPDATE orders SET invoice_no = 1000 WHERE id = " + one,
                  "UPDATE orders SET invoice_no = (SELECT g FROM generate_series(1, 5) g WHERE g NOT IN (SELECT number "
                  "FROM invoices" +
                      event + ")) WHERE id = " + one,
                  "invoices"},
        doctoring{"UPDATE orders SET payment_intent = 'pi_' || payment_intent WHERE id = " + one + "; " +
                      "INSERT INTO payments (order_id, amount, currency, status, intent_id, due_at) SELECT id, "
                      "total_amount, total_currency, 'refunded', payment_intent, 'infinity' FROM orders WHERE id = " +
                      one,
                  "DELETE FROM payments WHERE order_id = " + one, "payments"}}) {
    lab.query(each.what);
    const auto audit = lab.run({"audit"});
    INFO(each.what << '\n' << audit.output);
    CHECK(audit.status != 0);
    CHECK(audit.output.find("breach: " + each.rule) != std::string::npos);
    lab.query(each.undo);
    CHECK(lab.run({"audit"}).status == 0);
  }

  const std::string lost = write_file("ticketd-e2e-lost.ledger", "00000000-0000-4000-8000-000000000000\n");
  const auto audit = lab.run({"audit", lost});
  CHECK(audit.status != 0);
  CHECK(audit.output.find("breach: never lost") != std::string::npos);
  std::filesystem::remove(lost);
  const std::string edited = write_file("ticketd-e2e-edited.ledger", concert.ledger().front() + "\r\n\n");
  CHECK(lab.run({"audit", edited}).status == 0);
  std::filesystem::remove(edited);
  CHECK(lab.run({"audit", "/no/such/ledger"}).status == 1);
}

TEST_CASE("The spike gets its k6, sells tickets, and leaves a ledger that audits clean", "[lab]") {
  const laboratory lab;
  lab.up();
  const auto spike = lab.run({"spike", "--vus", "10", "--duration", "5s"});
  INFO(spike.output << spike.errors);
  CHECK(spike.status == 0);
  const std::string ledger = required_variable("TICKETD_LAB_DIR") + "/spike/ledger.txt";
  CHECK(std::filesystem::file_size(ledger) > 0);
  CHECK(eventually([&] { return lab.run({"audit", ledger}).status == 0; }));
}
