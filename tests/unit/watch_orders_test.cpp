// Watching orders, in process: what a notice brings, what the database tells without one, and what that costs it.
#include "ticketd/orders/watch_orders.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;
using test::database_errc;

namespace {

domain::order_id id_of(std::uint8_t number) { return domain::order_id({number}); }

class listener final : public orders::order_watcher {
 public:
  std::vector<order_status> heard_states;

 private:
  void changed(const domain::order_view& order) override { heard_states.push_back(order.status); }
  void ended() override {}
  void let_go() override {}
};

struct fixture : test::in_process {
  orders::watch_orders watch;
  std::deque<listener> listeners;
  int second = 0;

  explicit fixture(std::chrono::milliseconds poll, std::size_t batch_max = 5000)
      : watch(io.get_executor(), database, clock, {.poll = poll, .batch_max = batch_max}, metrics) {
    async::spawn(io.get_executor(), "watch", watch.run());
  }

  listener& listen_to(std::uint8_t number) {
    auto& added = listeners.emplace_back();
    watch.watchers().add(id_of(number), added);
    return added;
  }

  void settle(std::uint8_t number, order_status status) {
    std::erase_if(database.orders.settled, [&](const auto& order) { return order.id == id_of(number); });
    domain::order_view order;
    order.id = id_of(number);
    order.status = status;
    order.updated_at = domain::timestamp(std::chrono::seconds(++second));
    database.orders.settled.push_back(order);
  }

  void tell_of(std::uint8_t number) {
    const auto id = id_of(number);
    watch.note_changed({&id, 1});
  }
};

}  // namespace

TEST_CASE("what a notice names is asked about at once, and told", "[watch]") {
  fixture on(1h);
  auto& ada = on.listen_to(1);
  on.listen_to(2);
  on.settle(1, order_status::reserved);
  on.tell_of(1);
  test::run_until(on.io, [&] { return ada.heard_states.size() == 1; });
  on.settle(1, order_status::confirmed);
  on.tell_of(1);
  on.tell_of(3);  // whom nobody watches here
  test::run_until(on.io, [&] { return ada.heard_states.size() == 2; });
  CHECK(ada.heard_states == std::vector{order_status::reserved, order_status::confirmed});
  CHECK(on.database.orders.asked_for_changes == std::vector<std::size_t>{1, 1});
}

TEST_CASE("what no notice told is found all the same, by one statement for all who watch", "[watch]") {
  fixture on(20ms);
  for (std::uint8_t number = 0; number < 200; ++number) on.listen_to(number);
  for (std::uint8_t number = 0; number < 200; ++number) on.settle(number, order_status::confirmed);
  test::run_until(on.io, [&] {
    return std::ranges::all_of(on.listeners, [](const auto& each) { return each.heard_states.size() == 1; });
  });
  CHECK(on.database.orders.asked_for_changes == std::vector<std::size_t>{200});
}

TEST_CASE("nobody is asked while nobody watches", "[watch]") {
  fixture on(1ms);
  on.io.run_for(20ms);
  CHECK(on.database.orders.asked_for_changes.empty());
}

TEST_CASE("a statement asks about so many at most", "[watch]") {
  fixture on(20ms, 80);
  for (std::uint8_t number = 0; number < 200; ++number) on.listen_to(number);
  test::run_until(on.io, [&] { return on.database.orders.asked_for_changes.size() >= 3; });
  CHECK(std::vector<std::size_t>(on.database.orders.asked_for_changes.begin(),
                                 on.database.orders.asked_for_changes.begin() + 3) ==
        std::vector<std::size_t>{80, 80, 40});
}

TEST_CASE("a database that cannot be asked is asked again", "[watch]") {
  fixture on(5ms);
  auto& ada = on.listen_to(1);
  on.settle(1, order_status::confirmed);
  on.database.orders.on_find.then(database_errc::statement_timeout, 2);
  on.database.on_acquire.then(database_errc::unreachable, 2);
  test::run_until(on.io, [&] { return !ada.heard_states.empty(); });
  CHECK(ada.heard_states == std::vector{order_status::confirmed});
}
