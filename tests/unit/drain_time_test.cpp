// For how long a role may go on when it is told to stop, and that whoever would kill it waits for longer.
#include "drain_time.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"

#include <string>

using namespace ticketd;
using namespace std::chrono_literals;
using config::purchase_mode;
using config::role;

namespace {

config::settings defaults_of(role role, purchase_mode purchase = purchase_mode::async) {
  config::settings settings;
  settings.role = role;
  settings.purchase = purchase;
  return settings;
}

std::chrono::seconds number_in(const std::string& path, const std::string& expression) {
  const auto found = test::pattern(expression).first_in(test::read_document(path));
  REQUIRE(found);
  return std::chrono::seconds(std::stol(found->at(1)));
}

}  // namespace

TEST_CASE("a drain lasts as long as what is in hand may, by the settings", "[drain]") {
  auto api = defaults_of(role::api);
  const auto of_define = roles::drain_time(api);
  CHECK(of_define > api.http.write);
  api.publish_timeout = 60s;  // longer than any other request
  CHECK(roles::drain_time(api) == 60s + api.http.write);

  auto sync = defaults_of(role::api, purchase_mode::sync);
  const auto before = roles::drain_time(sync);
  sync.charge_timeout += 30s;
  CHECK(roles::drain_time(sync) == before + 30s);

  auto worker = defaults_of(role::worker);
  CHECK(roles::drain_time(worker) > worker.charge_timeout);
  worker.charge_timeout = 1ms;  // the batch takes longer
  const auto of_batch = roles::drain_time(worker);
  worker.consumer.dead_letter_wait += 1s;
  CHECK(roles::drain_time(worker) == of_batch + 1s);

  auto payments = defaults_of(role::payments);
  const auto quick = roles::drain_time(payments);
  payments.sandbox.latency += 5s;
  CHECK(roles::drain_time(payments) == quick + 5s);
}

TEST_CASE("who would kill a role waits for longer than it drains", "[drain]") {
  const auto of_compose =
      number_in("deploy/services.yaml", R"(x-ticketd: [^\n]*\n(?:  [^\n]*\n)*?  stop_grace_period: (\d+)s)");
  const auto of_lab = number_in("scripts/lib/supervisor.sh", R"(\n    ticketd\) echo (\d+) ;;\n)");
  for (const auto& settings : {defaults_of(role::api), defaults_of(role::api, purchase_mode::sync),
                               defaults_of(role::worker), defaults_of(role::payments)}) {
    CAPTURE(to_string(settings.role));
    CHECK(roles::drain_time(settings) + 1s < of_compose);  // to start and to end takes a moment, too
    // The lab's is for whatever settings there may be.
    auto largest = settings;
    largest.publish_timeout = 60s;
    largest.charge_timeout = 120s;
    largest.sandbox.latency = largest.sandbox.jitter = 60s;
    CHECK(roles::drain_time(largest) + 1s < of_lab);
  }
}
