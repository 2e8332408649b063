// An api replica goes away under load: no buyer may notice.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/steady_load.hpp"

using namespace ticketd;
using namespace ticketd::test;

namespace {

bool is_served_by(const laboratory& lab, const std::string& replica) {
  const double before = lab.metric(replica, "ticketd_http_requests_total");
  return eventually([&] { return lab.metric(replica, "ticketd_http_requests_total") > before + 20; });
}

}  // namespace

TEST_CASE("A replica that is killed under load costs no buyer an error, and no order", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  steady_load load(lab, concert);

  REQUIRE(load.goes_on());
  for (const std::string replica : {"api-2", "api-1"}) {
    lab.kill(replica);
    CHECK(load.goes_on());
    lab.start(replica);
    CHECK(is_served_by(lab, replica));
  }
  load.stop();
  CHECK(load.errors() == "");
  CHECK(count_of(load.purchases(), 202) == static_cast<std::ptrdiff_t>(load.purchases().size()));
  CHECK(concert.breaches() == "");
}

TEST_CASE("A replica that hangs under load costs no buyer an error", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  steady_load load(lab, concert);

  REQUIRE(load.goes_on());
  lab.pause("api-3");
  CHECK(load.goes_on());
  lab.resume("api-3");
  CHECK(is_served_by(lab, "api-3"));
  load.stop();
  CHECK(load.errors() == "");
  CHECK(concert.breaches() == "");
}

TEST_CASE("A replica that is stopped drains: no error under load, and exit status 0", "[replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100000});
  steady_load load(lab, concert);

  REQUIRE(load.goes_on());
  lab.stop("api-2");
  CHECK(load.goes_on());
  lab.start("api-2");
  CHECK(is_served_by(lab, "api-2"));
  load.stop();
  CHECK(load.errors() == "");
  const std::string log = lab.file("supervisor/supervisord.log");
  const auto end_of_it = log.rfind("stopped: api-2");
  REQUIRE(end_of_it != std::string::npos);
  CHECK(log.substr(end_of_it, log.find('\n', end_of_it) - end_of_it) == "stopped: api-2 (exit status 0)");
  CHECK(concert.breaches() == "");
}
