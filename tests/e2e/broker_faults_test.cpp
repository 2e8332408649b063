// Without the broker nothing can be promised, so nothing is: purchases are refused at once, and reads go on.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"

#include <algorithm>

using namespace ticketd;
using namespace ticketd::test;

namespace {

bool is_unavailable(const answer& said) {
  return said.status() == 503 && said.problem() == "unavailable" && !said.header("Retry-After").empty();
}

// The replica has waited for the broker until its deadline.
bool is_of_unknown_outcome(const answer& said) {
  return is_unavailable(said) && said.member("detail").find("not confirmed in time") != std::string::npos;
}

// Buyers with a key each, so that what was not confirmed can be repeated.
std::vector<call> keyed_purchases(sale& concert, int buyers) {
  std::vector<call> calls;
  for (int i = 0; i < buyers; ++i) calls.push_back(concert.purchase({.email = "", .quantity = 1, .key = "mine"}));
  return calls;
}

// A buyer at each, whose order counts.
bool do_all_replicas_accept(const laboratory& lab, sale& concert) {
  const auto replicas = lab.replica_urls();
  return std::all_of(replicas.begin(), replicas.end(), [&](const std::string& replica) {
    return concert.rush({concert.purchase()}, 1, {replica}).front().status() == 202;
  });
}

}  // namespace

TEST_CASE("Without the broker purchases are refused with 503, reads go on, and nothing needs a restart", "[broker]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string id = concert.buy().member("id");
  REQUIRE(concert.settles());

  const auto be_refused = [&] {
    CHECK(eventually([&] { return send(lab.ops_url("api-1"), get("/readyz")).status() == 503; }));
    const auto refused = send_all(lab.replica_urls(), concert.purchases(30), 10);
    CHECK(std::all_of(refused.begin(), refused.end(), is_unavailable));
    CHECK(is_unavailable(concert.buy()));
    CHECK(concert.availability().status() == 200);
    CHECK(concert.order(id).member("status") == "confirmed");
  };
  for (const std::string breaks_by : {"stop", "kill"}) {
    break_and_repair(lab, {.service = "rabbitmq", .breaks_by = breaks_by, .while_broken = be_refused, .is_back = [&] {
                             return do_all_replicas_accept(lab, concert);
                           }});
    CHECK(concert.settles());
  }
  CHECK(concert.breaches() == "");
}

TEST_CASE("Orders that are queued when the broker dies are there when it is back", "[broker]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  lab.stop("worker-1");
  REQUIRE(count_of(concert.rush(300, 50), 202) == 300);
  break_and_repair(
      lab, {.service = "rabbitmq", .breaks_by = "kill", .is_back = [&] { return concert.buy().status() == 202; }});
  lab.start("worker-1");
  CHECK(concert.settles());
  CHECK(concert.outcomes() == std::map<std::string, int>{{"confirmed", 301}});
  CHECK(concert.breaches() == "");
}

TEST_CASE("A broker that hangs leaves the outcome unknown: 503 in time, and a repeat is the same order", "[broker]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  REQUIRE(concert.buy().status() == 202);
  auto calls = keyed_purchases(concert, 50);

  break_and_repair(lab, {.service = "rabbitmq",
                         .breaks_by = "pause",
                         .while_broken =
                             [&] {
                               const auto unknown = send_all({lab.public_url()}, calls, 50);
                               CHECK(std::all_of(unknown.begin(), unknown.end(), is_unavailable));
                               CHECK(concert.availability().status() == 200);
                             },
                         .is_back = [&] { return do_all_replicas_accept(lab, concert); }});
  CHECK(count_of(concert.rush(calls, 50, {lab.public_url()}), 202) == 50);
  CHECK(concert.settles());
  CHECK(concert.rows() == static_cast<int>(concert.ledger().size()));
  CHECK(concert.breaches() == "");
}

TEST_CASE("What is too much in flight is refused at once", "[broker]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_IN_FLIGHT_MAX", "10"}, {"TICKETD_PUBLISH_TIMEOUT_MS", "4000"}});
  sale concert(lab);
  REQUIRE(concert.buy().status() == 202);

  break_and_repair(lab, {.service = "rabbitmq",
                         .breaks_by = "pause",
                         .while_broken =
                             [&] {
                               const auto answers = send_all({lab.replica_url(1)}, concert.purchases(110), 110);
                               CHECK(std::all_of(answers.begin(), answers.end(), is_unavailable));
                               CHECK(std::count_if(answers.begin(), answers.end(), is_of_unknown_outcome) == 10);
                             },
                         .is_back = [&] { return concert.buy().status() == 202; }});
  CHECK(concert.breaches() == "");
}

TEST_CASE("A replica that is given more time has it from Nginx too", "[broker]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_PUBLISH_TIMEOUT_MS", "6000"}});
  sale concert(lab);
  REQUIRE(concert.buy().status() == 202);
  break_and_repair(lab, {.service = "rabbitmq",
                         .breaks_by = "pause",
                         .while_broken = [&] { CHECK(is_of_unknown_outcome(concert.buy())); },
                         .is_back = [&] { return concert.buy().status() == 202; }});
  CHECK(concert.settles());
  CHECK(concert.breaches() == "");
}

TEST_CASE("A backlog that is too long is refused before the broker is full, and goes on when it is shorter",
          "[broker]") {
  const laboratory lab;
  const auto setting =
      GENERATE(environment{{"TICKETD_BACKLOG_MAX", "200"}}, environment{{"TICKETD_BACKLOG_BYTES_MAX", "100000"}});
  lab.up({}, setting);
  sale concert(lab, {.capacity = 10000});
  lab.stop("worker-1");
  std::vector<answer> refused;
  CHECK(eventually([&] {
    for (const auto& said : concert.rush(30, 10))
      if (said.status() != 202) refused.push_back(said);
    return refused.size() >= 30;
  }));
  CHECK(std::all_of(refused.begin(), refused.end(), is_unavailable));
  // What a replica knows of the queue is up to a second old.
  CHECK(concert.ledger().size() < 5000);
  CHECK(concert.availability().status() == 200);
  lab.start("worker-1");
  CHECK(concert.settles());
  CHECK(eventually([&] { return do_all_replicas_accept(lab, concert); }));
  CHECK(concert.settles());
  CHECK(concert.breaches() == "");
  lab.up();
}
