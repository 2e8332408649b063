// How the pool comes to its connections: which of several addresses, and how many of the server's.
#include "support/fake_names.hpp"
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using persistence::connection_share;
using persistence::database_errc;
using persistence::session;
using test::fake_name;

namespace {

// The URL with other hosts in the place of its host.
std::string at_hosts(std::string url, const std::string& hosts) {
  const auto begin = url.find('@') + 1;
  return url.replace(begin, url.find_first_of(":/", begin) - begin, hosts);
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.find(':', url.find('@')) + 1)));
}

asio::ip::tcp::endpoint at(const char* address, std::uint16_t port) { return {asio::ip::make_address(address), port}; }

std::string server_url() { return test::required_variable("TICKETD_TEST_DATABASE_URL"); }

struct one_database {
  explicit one_database(asio::io_context& io, std::string url, connection_share share = connection_share::everything) {
    settings.url = std::move(url);
    settings.share = share;
    settings.connect = 2s;
    database = persistence::make_database(io.get_executor(), settings, metrics);
  }

  observability::metrics metrics;
  persistence::database_settings settings;
  std::unique_ptr<persistence::database> database;
  std::vector<std::unique_ptr<session>> held;
};

// One more session, if there is one to be had.
awaitable<> take(one_database& from, deadline until) {
  auto lent = co_await from.database->acquire(until);
  if (lent) from.held.push_back(std::move(*lent));
}

void take_within(asio::io_context& io, one_database& from, std::chrono::milliseconds span) {
  test::run_coroutine(io, take(from, deadline_in(span)));
}

// The same, however often it has to be asked for.
void take_at_last(asio::io_context& io, one_database& from) {
  const auto end = test::soon();
  const auto asking = [&]() -> awaitable<> {
    asio::steady_timer pause(io);
    while (from.held.empty() && std::chrono::steady_clock::now() < end) {
      co_await take(from, end);
      pause.expires_after(20ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
  };
  test::run_coroutine(io, asking());
}

}  // namespace

TEST_CASE("of a name's addresses the next is taken where one says nothing", "[connecting][integration]") {
  const auto url = server_url();
  asio::io_context io;
  // Takes connections, by the kernel's hand, and never says a word.
  const asio::ip::tcp::acceptor mute(io, at("127.0.0.2", port_of(url)));
  SECTION("of one name") {
    const fake_name name("db.test", {"127.0.0.2", "127.0.0.1"});
    one_database database(io, at_hosts(url, "db.test"));
    take_within(io, database, 10s);
    CHECK(database.held.size() == 1);
  }
  SECTION("of two") {
    const fake_name first("db-1.test", {"127.0.0.2"});
    const fake_name second("db-2.test", {"127.0.0.1"});
    one_database database(io, at_hosts(url, "db-1.test,db-2.test"));
    take_within(io, database, 10s);
    CHECK(database.held.size() == 1);
  }
  SECTION("where the first is refused") {
    const fake_name name("db.test", {"127.0.0.3", "127.0.0.1"});
    one_database database(io, at_hosts(url, "db.test"));
    take_within(io, database, 10s);
    CHECK(database.held.size() == 1);
  }
}

TEST_CASE("a name that is looked up for long blocks nothing, and costs the next one its share", "[connecting]") {
  const auto url = server_url();
  fake_name first("db-1.test", {"127.0.0.1"});
  const fake_name second("db-2.test", {"127.0.0.1"});
  first.hold();
  asio::io_context io;
  one_database database(io, at_hosts(url, "db-1.test,db-2.test"));
  int ticks = 0;
  const auto tick = [&]() -> awaitable<> {
    asio::steady_timer pause(io);
    for (; database.held.empty(); ++ticks) {
      pause.expires_after(10ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
  };
  async::spawn(io.get_executor(), "tick", tick);
  take_within(io, database, 10s);
  CHECK(database.held.size() == 1);
  CHECK(ticks > 10);  // of the hundred that the first name's share of a second has room for
}

TEST_CASE("25 replicas leave connections for the worker, a standby and an operator", "[connecting][integration]") {
  constexpr int limit = 48;
  const test::fresh_database fresh;
  test::plain_sql{server_url()}("ALTER DATABASE " + fresh.name() + " CONNECTION LIMIT " + std::to_string(limit));
  asio::io_context io;
  std::vector<std::unique_ptr<one_database>> replicas;
  for (int i = 0; i < 25; ++i) {
    replicas.push_back(std::make_unique<one_database>(io, fresh.url(), connection_share::replica));
    take_within(io, *replicas.back(), 10s);
    CHECK(replicas.back()->held.size() == 1);
  }
  // All that they would like to have, at once.
  int asked = 0;
  const auto ask = [&](one_database& of) -> awaitable<> {
    co_await take(of, deadline_in(1s));
    ++asked;
  };
  for (const auto& replica : replicas)
    for (int i = 0; i < 7; ++i) async::spawn(io.get_executor(), "ask", ask(*replica));
  io.restart();
  test::run_until(io, [&] { return asked == 25 * 7; });
  for (const auto& replica : replicas) CHECK(replica->database->is_reachable());

  one_database worker(io, fresh.url(), connection_share::worker);
  take_at_last(io, worker);
  CHECK(worker.held.size() == 1);
  one_database standby(io, fresh.url(), connection_share::worker);
  take_at_last(io, standby);
  CHECK(standby.held.size() == 1);
  auto an_operator = fresh.connect();
  CHECK(std::stoi(an_operator("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")) <= limit);
}

TEST_CASE("a database without a connection for us is as good as away, until there is one",
          "[connecting][integration]") {
  const test::fresh_database fresh;
  test::plain_sql administrator(server_url());
  administrator("ALTER DATABASE " + fresh.name() + " CONNECTION LIMIT 1");
  asio::io_context io;
  auto holder = std::make_unique<one_database>(io, fresh.url());
  take_within(io, *holder, 10s);
  REQUIRE(holder->held.size() == 1);

  one_database other(io, fresh.url());
  const auto refused = [&]() -> awaitable<> {
    const auto began = std::chrono::steady_clock::now();
    const auto lent = co_await other.database->acquire(test::soon());
    CHECK(lent.error() == database_errc::unreachable);
    CHECK(std::chrono::steady_clock::now() - began < 5s);
  };
  test::run_coroutine(io, refused());

  holder.reset();
  io.restart();
  test::run_until(io, [&] { return other.database->is_reachable(); });
  take_within(io, other, 10s);
  CHECK(other.held.size() == 1);
}
