// Change notices on a real RabbitMQ, and what is found without them on a real PostgreSQL.
#include "ticketd/messaging/change_notices.hpp"
#include "support/messaging.hpp"
#include "support/payments.hpp"
#include "support/stores.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/domain/order_version.hpp"
#include "ticketd/orders/watch_orders.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;
using domain::order_status;
using domain::payment_result;

namespace {

struct notices_fixture : messaging_fixture {
  std::vector<domain::order_id> heard[2];  // by two replicas

  messaging::change_settings settings() const {
    messaging::change_settings all;
    all.broker = publisher_settings().broker;
    return all;
  }

  std::unique_ptr<messaging::change_subscriber> listen(int replica) {
    return messaging::make_change_subscriber(
        io.get_executor(), settings(),
        [this, replica](auto changed) { heard[replica].insert(heard[replica].end(), changed.begin(), changed.end()); },
        metrics);
  }
};

class listener final : public orders::order_watcher {
 public:
  std::vector<order_status> states;
  bool is_over = false;

 private:
  void changed(const domain::order_view& order) override { states.push_back(order.status); }
  void ended() override { is_over = true; }
  void let_go() override {}
};

}  // namespace

TEST_CASE_METHOD(notices_fixture, "each replica hears which orders a worker's commit has changed",
                 "[messaging][live]") {
  const auto publisher = messaging::make_change_publisher(settings(), metrics);
  const auto one = listen(0);
  auto other = listen(1);
  std::vector<domain::order_id> changed;
  for (int n = 1; n <= 2000; ++n) changed.push_back(order_number(n).id);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await eventually([&] { return one->is_listening() && other->is_listening(); });
    while (heard[0].empty()) {  // the publisher's own connection may not be there yet, and keeps nothing
      publisher->publish(changed);
      co_await async::pause(io.get_executor(), 20ms);
    }
    co_await eventually([&] { return heard[0].size() % 2000 == 0 && heard[1].size() == heard[0].size(); });
  }());
  CHECK(std::equal(changed.begin(), changed.end(), heard[0].begin()));
  CHECK(std::equal(changed.begin(), changed.end(), heard[1].begin()));
  other.reset();
  run_coroutine(io, [&]() -> awaitable<> {
    heard[0].clear();
    publisher->publish({changed.data(), 1});
    co_await eventually([&] { return heard[0].size() == 1; });
  }());
}

TEST_CASE_METHOD(notices_fixture, "notices are heard again after the connections were cut, and none is kept",
                 "[messaging][live]") {
  const auto publisher = messaging::make_change_publisher(settings(), metrics);
  const auto subscriber = listen(0);
  const std::vector<domain::order_id> changed{order_number(1).id};
  const auto publish_until_heard = [&]() -> awaitable<> {
    heard[0].clear();
    while (heard[0].empty()) {
      publisher->publish(changed);
      co_await async::pause(io.get_executor(), 20ms);
    }
  };
  run_coroutine(io, publish_until_heard());
  lab("rabbitmqctl", "close_all_connections cut");
  run_coroutine(io, publish_until_heard());
  CHECK(metrics.to_text().find("ticketd_change_notices_total{outcome=\"sent\"}") != std::string::npos);
}

TEST_CASE("what no notice told is found by one statement for all who watch", "[persistence][live][integration]") {
  test::stores stores;
  stores.define(test::gig(1000));
  domain::system_clock clock;
  orders::watch_orders watch(stores.io.get_executor(), *stores.database, clock, {.poll = 50ms}, stores.metrics);
  std::vector<domain::accepted_order> orders;
  std::deque<listener> listeners;
  for (int i = 0; i < 300; ++i) {
    orders.push_back(stores.order("standing", 1));
    watch.watchers().add(orders.back().id, listeners.emplace_back());
  }
  async::spawn(stores.io.get_executor(), "watch", watch.run());
  stores.settle(orders, domain::payment_mode::charge);
  const auto have_all = [&](order_status status) {
    return std::ranges::all_of(listeners,
                               [&](const auto& each) { return !each.states.empty() && each.states.back() == status; });
  };
  run_until(stores.io, [&] { return have_all(order_status::reserved); });
  REQUIRE(claim(stores, 300).size() == 300);
  std::vector<domain::payment_outcome> outcomes;
  for (const auto& order : orders) outcomes.push_back(charged(order.id, payment_result::succeeded));
  record(stores, outcomes);
  run_until(stores.io, [&] { return have_all(order_status::confirmed); });
  for (const auto& each : listeners) {
    CHECK(each.states == std::vector{order_status::reserved, order_status::confirmed});
    CHECK(each.is_over);
  }
}

TEST_CASE("a state's version rises with each change, though the transaction began before the last one",
          "[persistence][live][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  stores.sql("UPDATE orders SET updated_at = now() + interval '1 hour'");  // as one that began later has written
  const auto before = domain::version_of(stores.find(id));
  record(stores, {charged(id, payment_result::succeeded)});
  const auto after = stores.find(id);
  REQUIRE(after.status == order_status::confirmed);
  REQUIRE(domain::version_of(after) == before + 1);
}

TEST_CASE("an expired order is found when its charge is in doubt no more", "[persistence][live][integration]") {
  test::stores stores;
  stores.define(test::gig(10));
  const auto id = reserve(stores, 1);
  stores.sql("UPDATE orders SET status = 'expired', reason = 'hold_expired'");
  const auto version = domain::version_of(stores.find(id));
  const auto find_changed = [&](std::int64_t known) {
    std::vector<domain::order_view> changed;
    stores.with_session([&](persistence::session& session) -> awaitable<> {
      const persistence::known_order asked{id, known};
      const auto found = co_await session.orders().find_changed({&asked, 1}, soon());
      REQUIRE(found.has_value());
      changed = *found;
    });
    return changed;
  };
  CHECK(find_changed(version).empty());
  REQUIRE(find_changed(version - 1).size() == 1);
  CHECK(find_changed(version - 1)[0].is_charge_open);
  stores.sql("DELETE FROM payments");
  REQUIRE(find_changed(version).size() == 1);
  CHECK_FALSE(find_changed(version)[0].is_charge_open);
}
