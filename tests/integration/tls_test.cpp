// The servers over TLS: whoever cannot be verified is not talked to.
#include "cache/redis_url.hpp"
#include "messaging/broker_address.hpp"
#include "support/catch2.hpp"
#include "support/messaging.hpp"
#include "support/run_coroutine.hpp"
#include "support/servers.hpp"
#include "support/test_certificate.hpp"
#include "support/tls_proxy.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;

namespace {

// A server's certificate, and what a client may think of it.
struct certificates {
  test_certificate servers = make_certificate("localhost", "IP:127.0.0.2");
  temporary_file right{servers.certificate_pem};
  temporary_file wrong{make_certificate("localhost").certificate_pem};
};

struct mistake {
  std::string host;
  const temporary_file& trusted;
};

// Who is vouched for under another name, and who is not vouched for.
std::vector<mistake> mistakes(const certificates& with) {
  return {{"127.0.0.1", with.right}, {"localhost", with.wrong}};
}

// The lab's URL, with another scheme, by way of a proxy.
std::string through(const std::string& url, const std::string& scheme, const std::string& host,
                    const tls_proxy& proxy) {
  boost::urls::url changed = boost::urls::parse_uri(url).value();
  changed.set_scheme(scheme);
  changed.set_encoded_host(host);
  changed.set_port_number(proxy.port());
  return std::string(changed.buffer());
}

awaitable<> until(std::function<bool()> is_so) {
  const auto executor = co_await asio::this_coro::executor;
  const auto end = deadline_in(20s);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) FAIL("it did not become so");
    co_await async::pause(executor, 5ms);
  }
}

}  // namespace

TEST_CASE("Redis over TLS is used as without", "[cache][tls]") {
  const std::string url = required_variable("TICKETD_TEST_REDIS_URL");
  const certificates with;
  const tls_proxy proxy(with.servers, cache::parse_redis_url(url)->port);
  asio::io_context io;
  observability::metrics metrics;
  cache::cache_settings settings{.call = 5s, .ttl = 60s, .connect = 5s};
  settings.url = through(url, "rediss", "localhost", proxy);
  settings.ca_file = with.right.path();
  const auto cache = cache::make_versioned_cache(io.get_executor(), settings, metrics);
  const std::string large(1'000'000, 'x');
  run_coroutine(io, [&]() -> awaitable<> {
    co_await until([&] { return cache->is_up(); });
    const bool is_put = co_await cache->put("ticketd-test:tls", 1, large, deadline_in(5s));
    CHECK(is_put);
    const auto found = co_await cache->get("ticketd-test:tls", deadline_in(5s));
    CHECK(found.value == large);
    int ended = 0;
    int hits = 0;
    const auto get = [&]() -> awaitable<> {
      const auto one = co_await cache->get("ticketd-test:tls", deadline_in(10s));
      hits += one.status == cache::lookup_status::hit;
      ++ended;
    };
    for (int i = 0; i < 20; ++i) async::spawn(io.get_executor(), "get", get());
    co_await until([&] { return ended == 20; });
    CHECK(hits == 20);
  }());
  CHECK(proxy.accepted() == 1);
}

TEST_CASE("A Redis that cannot be verified is told nothing", "[cache][tls]") {
  const std::string url = required_variable("TICKETD_TEST_REDIS_URL");
  const certificates with;
  for (const auto& each : mistakes(with)) {
    INFO(each.host);
    const tls_proxy proxy(with.servers, cache::parse_redis_url(url)->port);
    asio::io_context io;
    observability::metrics metrics;
    cache::cache_settings settings{.call = 5s, .ttl = 60s, .connect = 5s};
    settings.url = through(url, "rediss", each.host, proxy);
    settings.ca_file = each.trusted.path();
    const auto cache = cache::make_versioned_cache(io.get_executor(), settings, metrics);
    run_coroutine(io, until([&] { return proxy.refused() + proxy.accepted() >= 3; }));
    CHECK(proxy.accepted() == 0);
    CHECK_FALSE(cache->is_up());
  }
}

TEST_CASE_METHOD(messaging_fixture, "The broker over TLS takes orders and gives them out", "[messaging][tls]") {
  const std::string url = required_variable("TICKETD_TEST_AMQP_URL");
  const certificates with;
  const auto port = static_cast<std::uint16_t>(messaging::parse_broker_url(url).port);
  const tls_proxy proxy(with.servers, port);
  auto publishing = publisher_settings();
  publishing.broker.url = through(url, "amqps", "localhost", proxy);
  publishing.broker.ca_file = with.right.path();
  auto consuming = consumer_settings();
  consuming.broker = publishing.broker;
  const auto publisher = make_publisher(publishing);
  const auto consumer = make_consumer(consuming);
  run_coroutine(io, [&]() -> awaitable<> {
    co_await test::eventually([&] { return publisher->is_ready() && consumer->is_ready(); });
    co_await expect_confirmed(*publisher, 1);
    constexpr int last = 500;
    std::vector<messaging::publish_outcome> outcomes;
    for (int n = 2; n <= last; ++n) spawn_publish(*publisher, n, deadline_in(20s), outcomes);
    co_await expect_orders(*consumer, numbers_from_1_to(last));
  }());
  CHECK(proxy.accepted() >= 2);
  CHECK(proxy.refused() == 0);
}

TEST_CASE_METHOD(messaging_fixture, "A broker that cannot be verified is told nothing", "[messaging][tls]") {
  const std::string url = required_variable("TICKETD_TEST_AMQP_URL");
  const certificates with;
  const auto port = static_cast<std::uint16_t>(messaging::parse_broker_url(url).port);
  for (const auto& each : mistakes(with)) {
    INFO(each.host);
    const tls_proxy proxy(with.servers, port);
    messaging::connection_interrupter interrupter;
    messaging::amqp_connection connection(interrupter, {});
    const auto address = messaging::parse_broker_url(through(url, "amqps", each.host, proxy));
    CHECK_FALSE(connection.open({address, each.trusted.path(), "test"}));
    CHECK(connection.failure().find("certificate verify failed") != std::string::npos);
    CHECK(proxy.accepted() == 0);
  }
  messaging::connection_interrupter interrupter;
  messaging::amqp_connection connection(interrupter, {});
  const tls_proxy proxy(with.servers, port);
  const temporary_file none("no certificate");
  const auto address = messaging::parse_broker_url(through(url, "amqps", "localhost", proxy));
  CHECK_FALSE(connection.open({address, none.path(), "test"}));
  CHECK(connection.failure().find("no CA certificates can be read from " + none.path()) != std::string::npos);
}

TEST_CASE("A broker is verified by its address, too", "[messaging][tls]") {
  const std::string url = required_variable("TICKETD_TEST_AMQP_URL");
  const auto certificate = make_certificate("localhost", "IP:127.0.0.1");
  const temporary_file trusted(certificate.certificate_pem);
  const tls_proxy proxy(certificate, static_cast<std::uint16_t>(messaging::parse_broker_url(url).port));
  messaging::connection_interrupter interrupter;
  messaging::amqp_connection connection(interrupter, {});
  const auto address = messaging::parse_broker_url(through(url, "amqps", "127.0.0.1", proxy));
  const bool is_open = connection.open({address, trusted.path(), "test"});
  INFO(connection.failure());
  CHECK(is_open);
}

TEST_CASE("PostgreSQL over TLS, verified by what its URL says", "[persistence][tls]") {
  const std::string url = required_variable("TICKETD_TEST_DATABASE_URL");
  const certificates with;
  const auto port = boost::urls::parse_uri(url).value().port_number();
  const tls_proxy proxy(with.servers, port, tls_proxy::greeting::postgresql);
  const auto reach = [&](const std::string& host, const temporary_file& trusted) {
    asio::io_context io;
    observability::metrics metrics;
    persistence::database_settings settings;
    settings.url = through(url, "postgresql", host, proxy) + "?sslmode=verify-full&sslrootcert=" + trusted.path();
    settings.instance = "test";
    const auto database = persistence::make_database(io.get_executor(), settings, metrics);
    error_code outcome;
    run_coroutine(io, [&]() -> awaitable<> {
      auto session = co_await database->acquire(deadline_in(10s));
      if (!session) {
        outcome = session.error();
        co_return;
      }
      const auto time = co_await (*session)->time(deadline_in(10s));
      if (!time) outcome = time.error();
    }());
    return outcome;
  };
  CHECK_FALSE(reach("localhost", with.right));
  CHECK(proxy.accepted() > 0);
  for (const auto& each : mistakes(with)) {
    INFO(each.host);
    CHECK(reach(each.host, each.trusted) == persistence::database_errc::unreachable);
  }
}
