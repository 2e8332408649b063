// The cache on a real Redis (TICKETD_TEST_REDIS_URL), and through the faults of one (TICKETD_TEST_LAB).
#include "cache/redis_connection.hpp"
#include "cache/redis_url.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "support/servers.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/ip/address.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace ticketd;
using namespace ticketd::cache;
using namespace ticketd::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

// For tests that are not about deadlines, and run on busy machines.
const cache_settings slow_to_give_up{.call = 2s, .ttl = 60s, .connect = 2s};

// A cache, and a connection beside it for what a test does to the server.
struct bench {
  asio::io_context io;
  observability::metrics metrics;
  std::unique_ptr<versioned_cache> cache;
  std::string prefix = "ticketd-test:" + std::to_string(getpid()) + ":" +
                       std::to_string(clock_type::now().time_since_epoch().count()) + ":";

  explicit bench(cache_settings settings = slow_to_give_up) {
    if (settings.url.empty()) settings.url = required_variable("TICKETD_TEST_REDIS_URL");
    cache = make_versioned_cache(io.get_executor(), settings, metrics);
  }

  std::string key(const std::string& name) const { return prefix + name; }
  void run(awaitable<> body) { run_coroutine(io, std::move(body)); }

  awaitable<reply> admin(std::vector<std::string_view> command, std::chrono::milliseconds time_limit = 5s) {
    const auto url = parse_redis_url(required_variable("TICKETD_TEST_REDIS_URL"));
    const asio::ip::tcp::endpoint server(asio::ip::make_address(url->host), url->port);
    const auto connection = redis_connection::open(io.get_executor(), {server}, [] {});
    if (!url->password.empty()) {
      const std::array<std::string_view, 2> credentials{"AUTH", url->password};
      co_await connection->call(credentials, deadline_in(time_limit));
    }
    co_return co_await connection->call(command, deadline_in(time_limit));
  }

  // Makes Redis answer nobody for a while, and ends when it answers again.
  awaitable<> keep_busy(std::chrono::milliseconds span) {
    const std::string milliseconds = std::to_string(span.count());
    const std::vector<std::string_view> pause{"CLIENT", "PAUSE", milliseconds, "ALL"};
    const std::vector<std::string_view> ping{"PING"};
    co_await admin(pause);
    co_await admin(ping);
  }

  // Looks again and again until it is so.
  awaitable<> until(std::function<awaitable<bool>()> is_so) {
    const auto end = deadline_in(15s);
    for (;;) {
      const bool is_so_now = co_await is_so();
      if (is_so_now) co_return;
      if (clock_type::now() > end) FAIL("it did not become so");
      co_await async::pause(io.get_executor(), 1ms);
    }
  }

  awaitable<> until_up(bool is_up = true) {
    co_await until([this, is_up]() -> awaitable<bool> { co_return cache->is_up() == is_up; });
  }

  double breaker_gauge() const { return metrics.cache_breaker_state.Value(); }
};

const std::string value = "{\"remaining\": 7}";

}  // namespace

TEST_CASE("a put is read back, and an older version never overwrites a newer one", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    const auto key = on.key("a");
    CHECK((co_await on.cache->get(key, deadline_in(5s))).status == lookup_status::miss);
    CHECK(co_await on.cache->put(key, 5, "five", deadline_in(5s)));
    auto found = co_await on.cache->get(key, deadline_in(5s));
    CHECK(found.status == lookup_status::hit);
    CHECK(found.value == "five");

    CHECK(co_await on.cache->put(key, 4, "four", deadline_in(5s)));  // taken, as a newer one is there
    CHECK((co_await on.cache->get(key, deadline_in(5s))).value == "five");
    CHECK(co_await on.cache->put(key, 10, "ten", deadline_in(5s)));
    found = co_await on.cache->get(key, deadline_in(5s));
    CHECK(found.value == "ten");
  }());
}

TEST_CASE("versions are compared exactly, beyond what a double can hold", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    const auto key = on.key("a");
    constexpr std::int64_t large = 9'007'199'254'740'993;  // 2^53 + 1
    CHECK(co_await on.cache->put(key, large, "newer", deadline_in(5s)));
    CHECK(co_await on.cache->put(key, large - 1, "older", deadline_in(5s)));
    CHECK((co_await on.cache->get(key, deadline_in(5s))).value == "newer");
    CHECK(co_await on.cache->put(key, INT64_MAX, "last", deadline_in(5s)));
    CHECK(co_await on.cache->put(key, INT64_MAX - 1, "last but one", deadline_in(5s)));
    CHECK((co_await on.cache->get(key, deadline_in(5s))).value == "last");
  }());
}

TEST_CASE("values are bytes of any kind and length", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    std::string large(1'000'000, 'x');
    large += std::string("\0\r\n\xff", 4);
    CHECK(co_await on.cache->put(on.key("large"), 1, large, deadline_in(5s)));
    CHECK((co_await on.cache->get(on.key("large"), deadline_in(5s))).value == large);
    CHECK(co_await on.cache->put(on.key("empty"), 1, "", deadline_in(5s)));
    const auto empty = co_await on.cache->get(on.key("empty"), deadline_in(5s));
    CHECK(empty.status == lookup_status::hit);
    CHECK(empty.value.empty());
  }());
}

TEST_CASE("a value lives for its time, which an equal version renews", "[cache]") {
  bench on({.call = 2s, .ttl = 300ms});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    const auto key = on.key("a");
    CHECK(co_await on.cache->put(key, 1, value, deadline_in(5s)));
    const auto written_at = clock_type::now();
    // Renewed half way through its life, it is still there when its first life is over.
    co_await on.until([&]() -> awaitable<bool> { co_return clock_type::now() > written_at + 200ms; });
    CHECK(co_await on.cache->put(key, 1, value, deadline_in(5s)));
    co_await on.until([&]() -> awaitable<bool> { co_return clock_type::now() > written_at + 350ms; });
    CHECK((co_await on.cache->get(key, deadline_in(5s))).status == lookup_status::hit);
    co_await on.until([&]() -> awaitable<bool> {
      co_return (co_await on.cache->get(key, deadline_in(5s))).status == lookup_status::miss;
    });
    CHECK(clock_type::now() < written_at + 2s);
  }());
}

TEST_CASE("what somebody else stored under the key is a miss", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    const auto key = on.key("foreign");
    for (const std::string_view text : {"short", "this is not a version at all"}) {
      const std::vector<std::string_view> set{"SET", key, text, "PX", "1000"};
      co_await on.admin(set);
      CHECK((co_await on.cache->get(key, deadline_in(5s))).status == lookup_status::miss);
    }
  }());
}

TEST_CASE("a thousand calls at once share the connection, and each gets its own answer", "[cache]") {
  bench on({.call = 2s});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    int right = 0;
    int ended = 0;
    const auto put_and_get = [&](int i) -> awaitable<> {
      const auto key = on.key(std::to_string(i));
      co_await on.cache->put(key, i, std::to_string(i), deadline_in(5s));
      const auto found = co_await on.cache->get(key, deadline_in(5s));
      right += found.value == std::to_string(i);
      ++ended;
    };
    for (int i = 0; i < 1000; ++i) async::spawn(on.io.get_executor(), "put_and_get", put_and_get(i));
    co_await on.until([&]() -> awaitable<bool> { co_return ended == 1000; });
    CHECK(right == 1000);
  }());
}

TEST_CASE("replies that came while the thread was busy are not overdue", "[cache]") {
  bench on({.call = 1s, .ttl = 60s, .connect = 2s});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    const std::string kilobyte(1000, 'x');
    co_await on.until(
        [&]() -> awaitable<bool> { co_return co_await on.cache->put(on.key("a"), 1, kilobyte, deadline_in(5s)); });
    int hits = 0;
    int ended = 0;
    const auto get = [&]() -> awaitable<> {
      hits += (co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::hit;
      ++ended;
    };
    // Redis is busy while the calls are sent; before it answers, this thread is busy for longer than their deadline.
    async::spawn(on.io.get_executor(), "keep_busy", on.keep_busy(100ms));
    co_await async::pause(on.io.get_executor(), 2ms);
    for (int i = 0; i < 100; ++i) async::spawn(on.io.get_executor(), "get", get());
    co_await async::pause(on.io.get_executor(), 2ms);
    const auto end = clock_type::now() + 1500ms;
    while (clock_type::now() < end) continue;
    co_await on.until([&]() -> awaitable<bool> { co_return ended == 100; });
    CHECK(hits == 100);
    CHECK(on.cache->is_up());
  }());
}

TEST_CASE("calls beyond the bound are refused at once, and cost the others nothing", "[cache]") {
  bench on({.call = 2s, .calls_max = 10});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    int misses = 0;
    int refused = 0;
    const auto get = [&]() -> awaitable<> {
      const auto found = co_await on.cache->get(on.key("a"), deadline_in(5s));
      ++(found.status == lookup_status::miss ? misses : refused);
    };
    for (int i = 0; i < 25; ++i) async::spawn(on.io.get_executor(), "get", get());
    co_await on.until([&]() -> awaitable<bool> { co_return misses + refused == 25; });
    CHECK(misses == 10);
    CHECK(on.cache->is_up());
  }());
}

TEST_CASE("SCRIPT FLUSH costs no put", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, "one", deadline_in(5s)));
    const std::vector<std::string_view> flush{"SCRIPT", "FLUSH"};
    co_await on.admin(flush);
    CHECK(co_await on.cache->put(on.key("a"), 2, "two", deadline_in(5s)));
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).value == "two");
  }());
}

TEST_CASE("a killed connection is replaced", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, value, deadline_in(5s)));
    const std::vector<std::string_view> kill{"CLIENT", "KILL", "TYPE", "normal"};
    REQUIRE((co_await on.admin(kill)).kind == reply_kind::integer);
    co_await on.until([&]() -> awaitable<bool> {
      co_return (co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::hit;
    });
    CHECK(on.breaker_gauge() == 0);
  }());
}

TEST_CASE("the URL's user, password, database and host name are used", "[cache]") {
  const auto server = parse_redis_url(required_variable("TICKETD_TEST_REDIS_URL"));
  const auto address = ":" + std::to_string(server->port);
  const auto wrong_url = "redis://ticketd-test:wrong@" + server->host + address;
  const auto right_url = "redis://ticketd-test:open%20sesame@localhost" + address + "/9";
  bench on({.url = right_url, .call = 2s, .connect = 2s});
  on.run([&]() -> awaitable<> {
    const std::vector<std::string_view> make{"ACL", "SETUSER", "ticketd-test", "on", ">open sesame", "~*", "+@all"};
    REQUIRE((co_await on.admin(make)).text == "OK");
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, value, deadline_in(5s)));
    const auto key = on.key("a");
    const std::vector<std::string_view> look{
        "EVAL", "redis.call('SELECT', 9) return redis.call('GETRANGE', KEYS[1], 19, -1)", "1", key};
    CHECK((co_await on.admin(look)).text == value);

    const auto with_wrong_password = make_versioned_cache(on.io.get_executor(), {.url = wrong_url}, on.metrics);
    co_await on.until([&]() -> awaitable<bool> { co_return on.breaker_gauge() == 2; });
    CHECK_FALSE(with_wrong_password->is_up());
    const std::vector<std::string_view> remove{"ACL", "DELUSER", "ticketd-test"};
    co_await on.admin(remove);
  }());
}

TEST_CASE("a server that hangs for a moment costs its waiters their deadline, the rest nothing", "[cache][fault]") {
  bench on({.call = 500ms, .connect = 500ms});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, value, deadline_in(5s)));
    bool is_over = false;
    const auto hang = [&]() -> awaitable<> {
      co_await on.keep_busy(4s);
      is_over = true;
    };
    async::spawn(on.io.get_executor(), "hang", hang());
    // The first call that finds it hanging.
    auto began = clock_type::now();
    co_await on.until([&]() -> awaitable<bool> {
      began = clock_type::now();
      co_return (co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::down;
    });
    CHECK(clock_type::now() - began >= 490ms);
    CHECK_FALSE(is_over);
    began = clock_type::now();
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::down);
    CHECK(clock_type::now() - began < 490ms);  // not until its deadline
    CHECK_FALSE(is_over);
    co_await on.until_up();
    co_await on.until([&]() -> awaitable<bool> { co_return is_over; });
    CHECK(co_await on.cache->put(on.key("a"), 2, value, deadline_in(5s)));  // its time may be over
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::hit);
  }());
}

TEST_CASE("a server that is not there refuses at once, and opens the breaker", "[cache][fault]") {
  bench on({.url = "redis://127.0.0.1:1", .breaker = {.failures_max = 3, .open_for = 50ms}});
  on.run([&]() -> awaitable<> {
    CHECK((co_await on.cache->get("a", deadline_in(5s))).status == lookup_status::down);
    co_await on.until([&]() -> awaitable<bool> { co_return on.breaker_gauge() == 2; });
    const auto began = clock_type::now();
    for (int i = 0; i < 1000; ++i) CHECK_FALSE(co_await on.cache->put("a", 1, value, deadline_in(5s)));
    CHECK(clock_type::now() - began < 2s);  // all of them together: at once
    CHECK_FALSE(on.cache->is_up());
  }());
}

TEST_CASE("a paused Redis: waiters end at their deadline, then nobody waits, and it recovers", "[cache][fault]") {
  bench on({.call = 50ms, .ttl = 60s});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, value, deadline_in(5s)));
    scoped_fault paused("pause", "redis", "resume");
    int ended = 0;
    const auto get = [&]() -> awaitable<> {
      CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::down);
      ++ended;
    };
    const auto began = clock_type::now();
    for (int i = 0; i < 100; ++i) async::spawn(on.io.get_executor(), "get", get());
    co_await on.until([&]() -> awaitable<bool> { co_return ended == 100; });
    CHECK(clock_type::now() - began < 2s);  // not their own five seconds
    co_await on.until([&]() -> awaitable<bool> { co_return on.breaker_gauge() == 2; });
    const auto refused_at = clock_type::now();
    for (int i = 0; i < 100; ++i)
      CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::down);
    CHECK(clock_type::now() - refused_at < 2s);  // a hundred waiters would take five
    paused.mend();
    co_await on.until_up();
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::hit);
    CHECK(on.breaker_gauge() == 0);
  }());
}

TEST_CASE("a Redis that is paused while nobody calls is noticed all the same", "[cache][fault]") {
  bench on({.call = 50ms});
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    scoped_fault paused("pause", "redis", "resume");
    co_await on.until_up(false);
    paused.mend();
    co_await on.until_up();
  }());
}

TEST_CASE("a stopped or killed Redis is gone at once, and comes back by itself", "[cache][fault]") {
  const std::string how = GENERATE("stop", "kill");
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 1, value, deadline_in(5s)));
    scoped_fault gone(how, "redis", "start");
    co_await on.until_up(false);
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).status == lookup_status::down);
    CHECK_FALSE(co_await on.cache->put(on.key("a"), 2, value, deadline_in(5s)));
    co_await on.until([&]() -> awaitable<bool> { co_return on.breaker_gauge() == 2; });
    gone.mend();
    co_await on.until_up();
    CHECK(co_await on.cache->put(on.key("a"), 3, "new", deadline_in(5s)));  // a fresh server does not know the script
    CHECK((co_await on.cache->get(on.key("a"), deadline_in(5s))).value == "new");
  }());
}

TEST_CASE("the cache may be destroyed with calls in flight", "[cache]") {
  bench on;
  on.run([&]() -> awaitable<> {
    co_await on.until_up();
    int ended = 0;
    const auto get = [&]() -> awaitable<> {
      const auto found = co_await on.cache->get(on.key("a"), deadline_in(5s));
      CHECK(found.status == lookup_status::down);
      ++ended;
    };
    for (int i = 0; i < 10; ++i) async::spawn(on.io.get_executor(), "get", get());
    asio::post(on.io, [&] { on.cache.reset(); });
    co_await on.until([&]() -> awaitable<bool> { co_return ended == 10; });
  }());
}

TEST_CASE("a URL that is none is refused", "[cache]") {
  asio::io_context io;
  observability::metrics metrics;
  CHECK_THROWS_AS(make_versioned_cache(io.get_executor(), {.url = "cache:6379"}, metrics), std::invalid_argument);
}
