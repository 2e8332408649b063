// Everything is restarted while buyers buy, one part after the other, also by another version and back: nobody notices.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

namespace fs = std::filesystem;

const load_plan with_look_ups{.asks_for_orders = true};

bool is_ours(const std::string& service) { return service.starts_with("api-") || service.starts_with("worker-"); }

boost::json::array processes_of(const laboratory& lab, const std::string& service) {
  const auto status = lab.status();
  for (const auto& each : status.at("services").as_array())
    if (each.at("name").as_string() == service) return each.at("pids").as_array();
  return {};
}

std::vector<std::string> restarted_services(const laboratory& lab) {
  std::vector<std::string> names;
  const auto status = lab.status();
  for (const auto& each : status.at("services").as_array()) {
    std::string name(each.at("name").as_string());
    if (is_ours(name) || name == "nginx") names.push_back(std::move(name));
  }
  return names;
}

// What supervisord has written of the service's last end.
std::string last_end_of(const laboratory& lab, const std::string& service) {
  const std::string log = lab.file("supervisor/supervisord.log");
  const auto begin = log.rfind("stopped: " + service + " ");
  return begin == std::string::npos ? std::string() : log.substr(begin, log.find('\n', begin) - begin);
}

// Nginx's master stays, and holds the port.
std::size_t count_of_common(const boost::json::array& before, const boost::json::array& after) {
  return static_cast<std::size_t>(std::ranges::count_if(
      before, [&](const auto& process) { return std::ranges::find(after, process) != after.end(); }));
}

void restart_all_under_load(const laboratory& lab) {
  sale concert(lab, {.capacity = 1000000});
  sell_under_load(
      lab, concert,
      [&](const steady_load& load) {
        std::vector<std::pair<std::string, boost::json::array>> before;
        for (const auto& service : restarted_services(lab)) before.emplace_back(service, processes_of(lab, service));
        lab.must({"restart"});
        CHECK(load.goes_on());
        for (const auto& [service, processes] : before) {
          INFO(service);
          CHECK(count_of_common(processes, processes_of(lab, service)) == (service == "nginx" ? 1 : 0));
          if (is_ours(service)) CHECK(last_end_of(lab, service) == "stopped: " + service + " (exit status 0)");
        }
      },
      with_look_ups);
}

// How a buyer's connection goes on after an answer of the front door.
std::string connection_after(const laboratory& lab, const call& what) {
  return send(lab.public_url(), what).header("Connection");
}

class changed_file {
 public:
  explicit changed_file(fs::path path) : path_(std::move(path)) {
    std::ifstream file(path_);
    text_.assign(std::istreambuf_iterator<char>(file), {});
  }
  changed_file(const changed_file&) = delete;
  changed_file& operator=(const changed_file&) = delete;
  ~changed_file() { write(text_); }

  [[nodiscard]] const std::string& text() const { return text_; }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

 private:
  fs::path path_;
  std::string text_;
};

// The schema as this version has it.
void undo_next_version(const laboratory& lab) {
  lab.query(
      "DROP TABLE IF EXISTS of_next_version; ALTER TABLE orders DROP COLUMN IF EXISTS of_next_version; "
      "DELETE FROM schema_migrations WHERE name LIKE '%of_next_version'");
}

int applied_of_next_version(const laboratory& lab) {
  return lab.count("SELECT count(*) FROM schema_migrations WHERE name LIKE '%of_next_version'");
}

}  // namespace

TEST_CASE("Workers, replicas and Nginx are restarted one after the other under load, and no request fails",
          "[restart]") {
  const laboratory lab;
  lab.up({"--workers", "2"});
  restart_all_under_load(lab);
}

TEST_CASE("The same with synchronous purchases", "[restart]") {
  const laboratory lab;
  lab.up({"--phase", "2", "--replicas", "3"});
  restart_all_under_load(lab);
}

TEST_CASE("Before Nginx hands over each answer ends its connection, and says the same as ever", "[restart]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const answer bought = concert.buy();
  REQUIRE(bought.status() == 202);
  REQUIRE(concert.settles());
  const auto order = get("/api/v1/orders/" + bought.member("id"));
  const std::string before = concert.order(bought.member("id")).text();
  CHECK(connection_after(lab, order) == "keep-alive");

  const fs::path closing = fs::path(required_variable("TICKETD_LAB_DIR")) / "nginx/closing";
  std::ofstream(closing).flush();
  CHECK(eventually([&] { return connection_after(lab, order) == "close"; }));
  CHECK(concert.order(bought.member("id")).text() == before);
  const auto page = send(lab.public_url(), get("/api/v1/events?limit=1"));
  CHECK(page.json().at("events").as_array().size() == 1);  // what stands behind the path is passed on, too
  CHECK(send(lab.public_url(), get("/api/v1/events/no%20such")).problem() == "not-found");
  CHECK(send(lab.public_url(), get("/api/.last")).problem() == "not-found");
  const answer repeat = concert.buy({.email = concert.email_of("ada"), .quantity = 1, .key = "key"});
  CHECK(repeat.status() == 202);
  CHECK(concert.buy({.email = concert.email_of("ada"), .quantity = 1, .key = "key"}).text() == repeat.text());
  fs::remove(closing);
  CHECK(eventually([&] { return connection_after(lab, order) == "keep-alive"; }));
  CHECK(concert.breaches() == "");
}

TEST_CASE("What would not start again is one line of restart, and nothing is stopped", "[restart]") {
  const laboratory lab;
  lab.up();
  const auto of_replica = processes_of(lab, "api-1");
  const fs::path home = required_variable("TICKETD_LAB_DIR");
  for (const std::string file : {"worker-1/run", "nginx/nginx.conf"}) {
    const changed_file broken(home / file);
    const bool is_run = file.ends_with("run");
    const auto last_line = broken.text().rfind("exec ");
    broken.write(is_run ? broken.text().substr(0, last_line) + "export TICKETD_HOLD_SECONDS=soon\n" +
                              broken.text().substr(last_line)
                        : broken.text() + "nonsense;\n");
    const auto refused = lab.run({"restart", "api-1", file.substr(0, file.find('/'))});
    INFO(refused.errors);
    CHECK(refused.status == 1);
    CHECK(refused.errors.find(is_run ? "TICKETD_HOLD_SECONDS" : "nonsense") != std::string::npos);
    CHECK(processes_of(lab, "api-1") == of_replica);
  }
  lab.must({"restart", "api-1", "nginx"});
  CHECK(count_of_common(of_replica, processes_of(lab, "api-1")) == 0);
}

TEST_CASE("Upgraded under load with a migration, and taken back, part by part: no request fails", "[restart]") {
  const laboratory lab;
  lab.up({"--workers", "2"});
  undo_next_version(lab);  // of a run that was cut off
  sale concert(lab, {.capacity = 1000000});
  const auto count_in_log = [&](const std::string& service, const std::string& words) {
    return lab.log_lines(service, words).size();
  };
  const auto started_on_newer = count_in_log("api-1", "database.schema_is_newer");
  const environment next{{"TICKETD_LAB_BINARY", TICKETD_NEXT_BINARY}};
  const std::vector<std::vector<std::string>> steps{{"worker-1"}, {"api-1"}, {"worker-2", "api-2", "api-3"}};
  sell_under_load(
      lab, concert,
      [&](const steady_load& load) {
        for (const auto& version : {next, environment()})
          for (const auto& services : steps) {  // old and new side by side, in between
            std::vector<std::string> command{"restart"};
            command.insert(command.end(), services.begin(), services.end());
            lab.must(command, version);
            CHECK(applied_of_next_version(lab) == 1);
            CHECK(load.goes_on());
          }
      },
      with_look_ups);
  CHECK(count_in_log("api-1", "database.schema_is_newer") == started_on_newer + 1);
  undo_next_version(lab);
}
