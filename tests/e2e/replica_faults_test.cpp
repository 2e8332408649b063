// An api replica goes away under load: no buyer may notice.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/servers.hpp"

#include <algorithm>
#include <sstream>

using namespace ticketd;
using namespace ticketd::test;

namespace {

bool is_served_by(const laboratory& lab, const std::string& replica) {
  const double before = lab.metric(replica, "ticketd_http_requests_total");
  return eventually([&] { return lab.metric(replica, "ticketd_http_requests_total") > before + 20; });
}

// It is back when it has taken up its part of the load.
fault replica_fault(const laboratory& lab, const std::string& replica, const std::string& breaks_by) {
  return {
      .service = replica, .breaks_by = breaks_by, .is_back = [&lab, replica] { return is_served_by(lab, replica); }};
}

const std::string nowhere = "127.0.0.1:1";
const std::string no_database = "postgresql://somebody@" + nowhere + "/nothing";

// In the place of one of the lab's replicas, which is stopped, with its settings but for these.
class strange_replica {
 public:
  strange_replica(const laboratory& lab, const std::string& replica, const environment& but)
      : lab_(lab), replica_(replica) {
    environment settings;
    std::istringstream lines(lab.file(replica + "/run"));
    const std::string exported = "export ";
    for (std::string line; std::getline(lines, line);) {
      std::erase(line, '\\');
      const auto equals = line.find('=');
      if (line.starts_with(exported) && equals != std::string::npos)
        settings[line.substr(exported.size(), equals - exported.size())] = line.substr(equals + 1);
    }
    for (const auto& [name, value] : but) settings[name] = value;
    lab.stop(replica);
    program_.emplace(std::vector<std::string>{required_variable("TICKETD_LAB_BINARY"), "--role=api"}, settings);
    REQUIRE(eventually([&] { return send(lab.replica_url(2), get("/")).status() == 404; }));
  }
  ~strange_replica() {
    program_.reset();
    lab_.start(replica_);
  }
  strange_replica(const strange_replica&) = delete;
  strange_replica& operator=(const strange_replica&) = delete;

 private:
  const laboratory& lab_;
  std::string replica_;
  std::optional<running_program> program_;
};

}  // namespace

TEST_CASE("A replica that is killed under load costs no buyer an error, and no order", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  break_under_load(lab, concert, {replica_fault(lab, "api-2", "kill"), replica_fault(lab, "api-1", "kill")});
}

TEST_CASE("A replica that hangs under load costs no buyer an error", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  break_under_load(lab, concert, {replica_fault(lab, "api-3", "pause")});
}

TEST_CASE("A replica that is stopped drains: no error under load, and exit status 0", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  break_under_load(lab, concert, {replica_fault(lab, "api-2", "stop")});
  const std::string log = lab.file("supervisor/supervisord.log");
  const auto end_of_it = log.rfind("stopped: api-2");
  REQUIRE(end_of_it != std::string::npos);
  CHECK(log.substr(end_of_it, log.find('\n', end_of_it) - end_of_it) == "stopped: api-2 (exit status 0)");
}

TEST_CASE("A replica that reaches nothing takes no buyer away from those that do", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  const strange_replica cut_off(lab, "api-2",
                                {{"TICKETD_DATABASE_URL", no_database},
                                 {"TICKETD_REDIS_URL", "redis://" + nowhere},
                                 {"TICKETD_AMQP_URL", "amqp://somebody:else@" + nowhere + "/"}});
  sell_under_load(lab, concert, [](const steady_load& load) { CHECK(load.goes_on(100)); });
}

TEST_CASE("A replica without its database leaves what it can't look up to the others", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 1});
  REQUIRE(concert.buy().status() == 202);
  REQUIRE(concert.becomes("sold_out"));
  const strange_replica cut_off(lab, "api-2", {{"TICKETD_DATABASE_URL", no_database}});
  std::vector<call> calls;
  for (int i = 0; i < 200; ++i) calls.push_back(concert.purchase({.email = "", .key = "key-" + std::to_string(i)}));
  const auto answers = concert.rush(std::move(calls), 20, {lab.public_url()});
  CHECK(std::ranges::count_if(answers, [](const answer& each) { return each.problem() == "sold-out"; }) == 200);
}
