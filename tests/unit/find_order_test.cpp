// The look-up of orders, in process: who shares a query, and who waits no longer.
#include "ticketd/orders/find_order.hpp"
#include "fakes/fake_database.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using orders::order_finder;

namespace {

domain::order_id id_of(std::uint8_t number) { return domain::order_id({number}); }

struct fixture {
  asio::io_context io;
  test::fake_database database;
  order_finder finder;
  std::vector<std::optional<order_finder::answer>> answers;  // in the order of asking

  explicit fixture(orders::finder_settings settings = {.query = 2s}) : finder(io.get_executor(), database, settings) {}

  void settle(std::uint8_t number) {
    domain::order_view order;
    order.id = id_of(number);
    database.orders.settled.push_back(order);
  }

  void ask(std::uint8_t number, deadline until) {
    const auto place = answers.size();
    answers.emplace_back();
    async::spawn(io.get_executor(), "ask", [this, place, number, until]() -> awaitable<> {
      auto answer = co_await finder.find(id_of(number), until);
      answers[place] = std::move(answer);
    });
  }

  void run_until_answered(std::size_t place) {
    test::run_until(io, [&] { return answers[place].has_value(); });
  }

  [[nodiscard]] bool is_found(std::size_t place) const { return answers[place]->has_value() && **answers[place]; }
};

}  // namespace

TEST_CASE("questions that come while a query is under way share the next one", "[find_order]") {
  fixture on;
  on.settle(3);
  for (std::uint8_t number = 0; number < 5; ++number) on.ask(number, deadline_in(10s));
  on.io.run();
  for (std::size_t place = 0; place < 5; ++place) {
    REQUIRE(on.answers[place]->has_value());
    CHECK(on.is_found(place) == (place == 3));
  }
  const auto& asked = on.database.orders.asked;
  CHECK(std::accumulate(asked.begin(), asked.end(), std::size_t{0}) == 5);
  CHECK(asked.size() <= 2);
}

TEST_CASE("a query asks for so many orders and no more, and nobody is left out", "[find_order]") {
  fixture on({.batch_max = 3});
  for (std::uint8_t number = 0; number < 8; ++number) {
    on.settle(number);
    on.ask(number, deadline_in(10s));
  }
  on.io.run();
  for (std::size_t place = 0; place < 8; ++place) CHECK(on.is_found(place));
  const auto& asked = on.database.orders.asked;
  CHECK(std::accumulate(asked.begin(), asked.end(), std::size_t{0}) == 8);
  CHECK(std::ranges::max(asked) == 3);
}

TEST_CASE("who waits no longer hears a time-out, and is asked for no more", "[find_order]") {
  fixture on({.query = 100ms});
  on.settle(3);
  on.database.is_hanging = true;
  on.ask(1, deadline_in(10s));
  on.io.poll();  // its query is under way
  on.ask(2, deadline_in(5ms));
  on.ask(3, deadline_in(10s));
  on.run_until_answered(1);
  CHECK(on.answers[1]->error() == test::database_errc::statement_timeout);
  CHECK_FALSE(on.answers[0]);
  on.database.is_hanging = false;
  on.io.run();
  // The first query, which hung, is a failure of whoever shared it; the next one is without who has gone.
  CHECK(on.answers[0]->error() == test::database_errc::pool_wait_timeout);
  CHECK(on.is_found(2));
  CHECK(on.database.orders.asked == std::vector<std::size_t>{1});
}

TEST_CASE("a query that fails is everybody's failure who shared it, and the next one is not", "[find_order]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable);
  for (std::uint8_t number = 0; number < 4; ++number) on.ask(number, deadline_in(10s));
  on.io.run();
  for (std::size_t place = 0; place < 4; ++place) CHECK(on.answers[place]->error() == test::database_errc::unreachable);
  on.ask(4, deadline_in(10s));
  on.io.restart();
  on.io.run();
  CHECK(on.answers[4]->has_value());
}
