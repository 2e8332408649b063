// An api replica goes away under load: no buyer may notice.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"

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
