#include "support/drill.hpp"

#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/steady_load.hpp"

#include <cstddef>

namespace ticketd::test {

void break_and_repair(const laboratory& lab, const fault& fault) {
  INFO(fault.service << ", by " << fault.breaks_by);
  lab.must({fault.breaks_by, fault.service});
  if (fault.while_broken) fault.while_broken();
  lab.must({fault.breaks_by == "pause" ? "resume" : "start", fault.service});
  if (fault.is_back) REQUIRE(eventually(fault.is_back));
}

void break_under_load(const laboratory& lab, sale& concert, const std::vector<fault>& faults) {
  steady_load load(lab, concert);
  REQUIRE(load.goes_on());
  for (fault each : faults) {
    each.while_broken = [&load, demanded = each.while_broken] {
      if (demanded) demanded();
      CHECK(load.goes_on());
    };
    break_and_repair(lab, each);
    CHECK(load.goes_on());
  }
  load.stop();
  CHECK(load.errors() == "");
  CHECK(count_of(load.purchases(), 202) == static_cast<std::ptrdiff_t>(load.purchases().size()));
  CHECK(concert.breaches() == "");
}

}  // namespace ticketd::test
