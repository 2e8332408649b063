#include "support/drill.hpp"

#include "support/catch2.hpp"
#include "support/eventually.hpp"

namespace ticketd::test {

void break_and_repair(const laboratory& lab, const fault& fault) {
  INFO(fault.service << ", by " << fault.breaks_by);
  lab.must({fault.breaks_by, fault.service});
  if (fault.while_broken) fault.while_broken();
  lab.must({fault.breaks_by == "pause" ? "resume" : "start", fault.service});
  if (fault.is_back) REQUIRE(eventually(fault.is_back));
}

void break_under_load(const laboratory& lab, sale& concert, const std::vector<fault>& faults) {
  sell_under_load(lab, concert, [&](const steady_load& load) {
    for (fault each : faults) {
      each.while_broken = [&load, demanded = each.while_broken] {
        if (demanded) demanded();
        CHECK(load.goes_on());
      };
      break_and_repair(lab, each);
      CHECK(load.goes_on());
    }
  });
}

void sell_under_load(const laboratory& lab, sale& concert, const std::function<void(const steady_load&)>& meanwhile,
                     load_plan plan, std::size_t unanswered_max) {
  steady_load load(lab, concert, plan);
  REQUIRE(load.goes_on());
  meanwhile(load);
  load.stop();
  CHECK(load.errors() == "");
  CHECK(load.unanswered() <= unanswered_max);
  CHECK(concert.breaches() == "");
}

}  // namespace ticketd::test
