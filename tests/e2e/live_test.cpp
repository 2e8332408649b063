// Who watches an order hears what becomes of it, once and in order, through Nginx, whatever goes away meanwhile.
#include "support/catch2.hpp"
#include "support/drill.hpp"
#include "support/event_source.hpp"
#include "support/eventually.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

std::string path_of(const std::string& id) { return "/api/v1/orders/" + id; }

class watch : public event_source {
 public:
  watch(const std::string& url, const std::string& id) : event_source(url, path_of(id) + "/events") {}
  watch(const laboratory& lab, const std::string& id) : watch(lab.public_url(), id) {}

  [[nodiscard]] bool hears(const std::string& status) const {
    return eventually([&] { return last("status") == status; });
  }
};

// No state twice, none that is older, and each with an id that rises.
bool is_in_order(const event_source& heard) {
  const auto events = heard.events();
  const auto is_not_later = [](const auto& one, const auto& next) { return std::stoll(next.id) <= std::stoll(one.id); };
  return std::ranges::adjacent_find(events, is_not_later) == events.end();
}

std::string buy(sale& concert) {
  std::string id;
  REQUIRE(eventually([&] {  // a broker that has just been started may not be heard of yet
    const auto accepted = concert.buy();
    if (accepted.status() == 202) id = accepted.member("id");
    return !id.empty();
  }));
  return id;
}

// Which replica has so many watchers.
std::string replica_with_watchers(const laboratory& lab) {
  for (std::string replica : {"api-1", "api-2", "api-3"})
    if (lab.metric(replica, "ticketd_watchers_open") > 0) return replica;
  return "";
}

}  // namespace

TEST_CASE("An order is watched from queued to confirmed, on whichever replica, and then nobody comes back", "[live]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  lab.stop("worker-1");
  const auto id = buy(concert);
  std::vector<std::unique_ptr<watch>> watches;
  watches.push_back(std::make_unique<watch>(lab, id));
  for (const auto& url : lab.replica_urls()) watches.push_back(std::make_unique<watch>(url, id));
  for (const auto& each : watches) REQUIRE(each->hears("queued"));
  lab.start("worker-1");
  for (const auto& each : watches) {
    CHECK(each->hears("confirmed"));
    CHECK(is_in_order(*each));
    CHECK(eventually([&] { return each->is_over(); }));
    CHECK(each->states().starts_with("queued"));
    CHECK(each->events().back().data == send(lab.public_url(), get(path_of(id))).text());
  }
  CHECK(lab.metric("worker-1", "ticketd_change_notices_total") > 0);
}

TEST_CASE("A read that waits is answered when the order changes, through Nginx", "[live]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  lab.stop("worker-1");
  const auto id = buy(concert);
  const auto wait = [&](const std::string& seconds) {
    return send(lab.public_url(), {http::verb::get, path_of(id), "", {{"Prefer", "wait=" + seconds}}});
  };
  const auto unchanged = wait("1");
  CHECK(unchanged.member("status") == "queued");
  CHECK(unchanged.header("Preference-Applied") == "wait=1");
  auto waiting = std::async(std::launch::async, wait, "20");
  REQUIRE(eventually([&] { return !replica_with_watchers(lab).empty(); }));
  lab.start("worker-1");
  CHECK(waiting.get().member("status") != "queued");
  CHECK(concert.settles());
  CHECK(wait("20").member("status") == "confirmed");  // at once
}

TEST_CASE("A watcher of a replica that is killed hears the rest from another", "[live][replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  lab.stop("worker-1");
  const watch heard(lab, buy(concert));
  REQUIRE(heard.hears("queued"));
  const auto replica = replica_with_watchers(lab);
  break_and_repair(lab, {.service = replica, .breaks_by = "kill", .while_broken = [&] {
                           lab.start("worker-1");
                           CHECK(heard.hears("confirmed"));
                         }});
  CHECK(is_in_order(heard));
  CHECK(eventually([&] { return heard.is_over(); }));
}

TEST_CASE("A replica that is stopped says goodbye to its watchers, who come back elsewhere", "[live][replica]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  lab.stop("worker-1");
  const watch heard(lab, buy(concert));
  REQUIRE(heard.hears("queued"));
  const auto replica = replica_with_watchers(lab);
  break_and_repair(lab, {.service = replica, .breaks_by = "stop", .while_broken = [&] {
                           CHECK(eventually([&] { return heard.goodbyes() == 1; }));
                           CHECK(eventually([&] { return !replica_with_watchers(lab).empty(); }));
                           CHECK(heard.states() == "queued");
                         }});
  lab.start("worker-1");
  CHECK(heard.hears("confirmed"));
  CHECK(is_in_order(heard));
}

TEST_CASE("Without Redis, and without RabbitMQ, who watches hears all the same", "[live][redis][broker]") {
  const laboratory lab;
  // The provider takes its time, so that the order is reserved, and its worker has it in hand, when the broker goes.
  lab.up({}, {{"TICKETD_SANDBOX_LATENCY_MS", "9000"}});
  sale concert(lab);
  const auto id = buy(concert);
  const watch heard(lab, id);
  REQUIRE(heard.hears("reserved"));
  for (const std::string service : {"redis", "rabbitmq"}) lab.stop(service);
  const watch late(lab, id);
  CHECK(heard.hears("confirmed"));
  CHECK(late.hears("confirmed"));
  CHECK(is_in_order(heard));
  for (const std::string service : {"redis", "rabbitmq"}) lab.start(service);
  const watch after(lab, buy(concert));
  CHECK(after.hears("confirmed"));
}

TEST_CASE("What is left of an event is pushed to who watches it", "[live]") {
  const laboratory lab;
  lab.up();
  sale concert(lab, {.capacity = 100});
  const event_source heard(lab.public_url(), "/api/v1/events/" + concert.event_id() + "/availability/events");
  REQUIRE(eventually([&] { return heard.events().size() == 1; }));
  const auto remaining = [&] {
    const auto data = heard.events().back().data;
    return boost::json::parse(data).at("categories").at(0).at("remaining").as_int64();
  };
  CHECK(remaining() == 100);
  REQUIRE(count_of(concert.rush(60, 10), 202) == 60);
  CHECK(concert.settles());
  CHECK(eventually([&] { return remaining() == 40; }));
  CHECK(is_in_order(heard));
  CHECK(heard.events().size() <= 61);
}

TEST_CASE("In the phases without a queue orders are watched as well", "[live][phases]") {
  const laboratory lab;
  lab.up({"--phase", "1"});
  sale concert(lab);
  const auto bought = concert.buy();
  REQUIRE(bought.status() == 201);
  const watch heard(lab, bought.member("id"));
  CHECK(heard.hears("confirmed"));
  CHECK(eventually([&] { return heard.is_over(); }));
  CHECK(heard.states() == "confirmed");
}
