#include "ticketd/config/settings.hpp"
#include "api/time_budgets.hpp"
#include "config/command_line.hpp"
#include "support/catch2.hpp"
#include "support/test_certificate.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/orders/charge_orders.hpp"
#include "ticketd/orders/order_settler.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/text/sha256.hpp"

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace ticketd::config;

namespace {

// Sets variables for the span of one test.
class environment {
 public:
  environment& set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    names_.push_back(name);
    return *this;
  }
  ~environment() {
    for (const auto& name : names_) unsetenv(name.c_str());
  }

 private:
  std::vector<std::string> names_;
};

std::variant<settings, exit_request> read(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"ticketd"};
  for (const auto& each : arguments) argv.push_back(each.c_str());
  return read_settings(static_cast<int>(argv.size()), argv.data());
}

settings accepted(const std::vector<std::string>& arguments) {
  auto answer = read(arguments);
  if (const auto* instead = std::get_if<exit_request>(&answer)) FAIL(instead->text);
  return std::get<settings>(answer);
}

// The refusal, checked for its form: one line, status 2.
std::string refused(const std::vector<std::string>& arguments) {
  auto answer = read(arguments);
  const auto* instead = std::get_if<exit_request>(&answer);
  REQUIRE(instead);
  CHECK(instead->status == 2);
  CHECK(instead->text.starts_with("ticketd: "));
  CHECK(instead->text.find('\n') == instead->text.size() - 1);
  return instead->text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string secret = "a-secret-of-the-test";
const std::vector<std::string> api{"--role=api",
                                   "--database-url=postgresql://t:pw@127.0.0.1:5432/ticketd",
                                   "--redis-url=redis://127.0.0.1:6379",
                                   "--amqp-url=amqp://t:pw@127.0.0.1:5672/",
                                   "--secret=" + secret,
                                   "--admin-token=an-admin-token-of-16"};
const std::vector<std::string> worker{"--role=worker",
                                      "--database-url=postgres://t:pw@127.0.0.1:5432/ticketd",
                                      "--redis-url=redis://:pw@127.0.0.1:6379/2",
                                      "--amqp-url=amqp://t:pw@127.0.0.1:5672/",
                                      "--payments-url=http://127.0.0.1:8095",
                                      "--secret=" + secret};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> without(std::vector<std::string> arguments, const std::string& flag) {
  std::erase_if(arguments, [&](const std::string& each) { return each.starts_with("--" + flag + "="); });
  return arguments;
}

std::string variable_of(const std::string& flag) {
  const auto title = title_of(flag);
  return title.substr(title.find('(') + 1, title.size() - title.find('(') - 2);
}

}  // namespace

TEST_CASE("an api starts with what it needs, and with the documented defaults", "[settings]") {
  const auto is = accepted(api);
  CHECK(is.role == role::api);
  CHECK(is.instance == "api");
  CHECK(is.http.address == "127.0.0.1");
  CHECK(is.http.port == 8081);
  CHECK(is.http.connections_max == 10000);
  CHECK(is.ops_listen.port == 9081);
  CHECK(is.log_level == observability::log_level::info);
  CHECK(is.secrets.current == secret);
  CHECK(is.purchase == purchase_mode::async);
  CHECK(is.is_cache_on);
  CHECK(is.is_payments_on);
  CHECK_FALSE(is.is_demo_on);
  CHECK(is.database.url == "postgresql://t:pw@127.0.0.1:5432/ticketd");
  CHECK(is.database.instance == "api");
  CHECK(is.database.connections == 8);
  CHECK(is.cache.url == "redis://127.0.0.1:6379");
  CHECK(is.publisher.broker.url == "amqp://t:pw@127.0.0.1:5672/");
  CHECK(is.publisher.batch_max == 100);
  CHECK(is.publisher.wait_max == std::chrono::milliseconds(8));
  CHECK(is.publisher.in_flight_max == 20000);
  CHECK(is.publisher.backlog_max.orders == 2'000'000);
  CHECK(is.publisher.backlog_max.bytes == 1'000'000'000);
  CHECK(is.publish_timeout == std::chrono::seconds(3));
  CHECK(is.hold.hold == std::chrono::minutes(10));
}

namespace {

std::string text_of(bool is_on) { return is_on ? "on" : "off"; }
template <class Number>
std::string text_of(Number number) {
  std::ostringstream text;  // as it is written: 0, not 0.000000
  text << number;
  return text.str();
}
template <class Rep, class Period>
std::string text_of(std::chrono::duration<Rep, Period> span) {
  return std::to_string(span.count());
}

// What the structs have as each flag's default, in the words of the flag.
std::map<std::string, std::string> defaults_of_structs() {
  const settings fresh;
  const auto& publisher = fresh.publisher;
  const auto& provider = fresh.sandbox;
  return {{"log-level", fresh.log_level == observability::log_level::info ? "info" : ""},
          {"purchase", fresh.purchase == purchase_mode::async ? "async" : "sync"},
          {"cache", text_of(fresh.is_cache_on)},
          {"copy-life-ms", text_of(fresh.copy_life)},
          {"payments", text_of(fresh.is_payments_on)},
          {"demo", text_of(fresh.is_demo_on)},
          {"id-layout", text_of(static_cast<int>(fresh.id_layout))},
          {"publish-batch-max", text_of(publisher.batch_max)},
          {"publish-wait-max-us", text_of(publisher.wait_max)},
          {"publish-timeout-ms", text_of(fresh.publish_timeout)},
          {"settle-batch-max", text_of(fresh.consumer.batch_max)},
          {"settle-wait-max-us", text_of(fresh.consumer.wait_max)},
          {"hold-seconds", text_of(fresh.hold.hold)},
          {"payment-wait-max", text_of(fresh.hold.payment_wait_max)},
          {"charge-min", text_of(fresh.charge_bounds.least)},
          {"charge-max", text_of(fresh.charge_bounds.most)},
          {"charges-in-flight", text_of(fresh.charges_in_flight)},
          {"charges-in-flight-min", text_of(fresh.charges_in_flight_min)},
          {"charges-per-second", text_of(fresh.charges_per_second)},
          {"charge-timeout-ms", text_of(fresh.charge_timeout)},
          {"in-flight-max", text_of(publisher.in_flight_max)},
          {"backlog-max", text_of(publisher.backlog_max.orders)},
          {"backlog-bytes-max", text_of(publisher.backlog_max.bytes)},
          {"database-connections", text_of(fresh.database.connections)},
          {"connections-max", text_of(fresh.http.connections_max)},
          {"watchers-max", text_of(fresh.watchers_max)},
          {"sandbox-latency-ms", text_of(provider.latency)},
          {"sandbox-jitter-ms", text_of(provider.jitter)},
          {"sandbox-decline-rate", text_of(provider.decline_rate)},
          {"sandbox-error-rate", text_of(provider.error_rate)},
          {"sandbox-hang-rate", text_of(provider.hang_rate)},
          {"sandbox-mood", provider.mood == sandbox::mood::well ? "well" : ""}};
}

}  // namespace

// A flag's default is a text, and the struct's a number: what is written twice must agree.
TEST_CASE("each flag that has a default has its struct's, and the help says so", "[settings]") {
  const auto in_structs = defaults_of_structs();
  std::set<std::string> with_default;
  for (const auto& flag : all_flags()) {
    if (flag.fallback.empty() || flag.name == "payments-key") continue;  // the sandbox takes any key, and no other does
    INFO(flag.name);
    with_default.emplace(flag.name);
    const auto found = in_structs.find(std::string(flag.name));
    REQUIRE(found != in_structs.end());
    CHECK(found->second == flag.fallback);
  }
  CHECK(with_default.size() == in_structs.size());
  CHECK(std::get<exit_request>(read({"--help"})).text.find("TICKETD_HOLD_SECONDS, default 600") != std::string::npos);
}

// One setting that two modules are told, and spans that hang on another module's.
TEST_CASE("what stands in the settings of two modules is the same in both", "[settings]") {
  const settings fresh;
  CHECK(fresh.publisher.backlog_max.orders == fresh.publisher.queue.length_max);
  CHECK(fresh.charges_in_flight == orders::charge_settings{}.window.ceiling);
  CHECK(fresh.charges_in_flight_min == orders::charge_settings{}.window.floor);
  CHECK(fresh.charge_timeout == orders::charge_settings{}.attempts.call);
  CHECK(fresh.hold.hold == orders::charge_settings{}.hold);
  CHECK(fresh.hold.payment_wait_max == orders::place_settings{}.payment_wait_max);
  // The age of another replica's copy at most, and as much again.
  const catalog::reader_settings reader;
  CHECK(fresh.copy_life == reader.l1_for);
  const auto copy_age_max = reader.fresh_for + config::copy_life_max + reader.renewal_wait;
  CHECK(orders::place_settings{}.copies_differ_max >= 2 * copy_age_max);
}

TEST_CASE("the database's own limits stand behind every deadline of a statement", "[settings]") {
  const persistence::server_limits limits;
  CHECK(limits.lock >= orders::settler_settings{}.transaction);
  CHECK(limits.lock >= orders::charge_settings{}.transaction);
  CHECK(limits.lock >= roles::api::time_budgets{}.define);
  CHECK(limits.idle_in_transaction >= limits.lock);
  CHECK(limits.statement >= limits.lock);
}

TEST_CASE("a database may be several servers", "[settings]") {
  const auto given = [](const std::string& url) {
    return with(without(api, "database-url"), {"--database-url=" + url});
  };
  for (const std::string url : {"postgresql://t:pw@one:5432,two:5433/d", "postgresql://one,two/d",
                                "postgresql://[::1]:5432,127.0.0.1:5433/d?target_session_attrs=read-write",
                                "postgresql://t@/d?host=/run/postgresql"})
    CHECK(accepted(given(url)).database.url == url);
  for (const std::string url : {"postgresql://one:5432,two:99999/d", "postgresql://one:5432,two:x/d"})
    CHECK(has(refused(given(url)), "--database-url"));
}

TEST_CASE("of the database's connections a replica leaves more to others than a worker", "[settings]") {
  CHECK(accepted(api).database.share == persistence::connection_share::replica);
  CHECK(accepted(worker).database.share == persistence::connection_share::worker);
  CHECK(accepted({"--erase=a@b.example", "--database-url=postgresql://h/d"}).database.share ==
        persistence::connection_share::everything);
}

TEST_CASE("a worker and a provider start with what they need", "[settings]") {
  const auto is = accepted(worker);
  CHECK(is.ops_listen.port == 9091);
  CHECK(is.consumer.batch_max == 2000);
  CHECK(is.consumer.wait_max == std::chrono::milliseconds(5));
  CHECK(is.consumer.broker.instance == "worker");
  CHECK(is.gateway.url == "http://127.0.0.1:8095");
  CHECK(is.gateway.api_key == "sk_test_ticketd");
  CHECK(is.charges_in_flight == 512);
  CHECK(is.charge_timeout == std::chrono::seconds(10));

  const auto provider = accepted({"--role=payments", "--sandbox-decline-rate=0.25", "--instance=p"});
  CHECK(provider.http.port == 8095);
  CHECK(provider.ops_listen.port == 9096);
  CHECK(provider.instance == "p");
  CHECK(provider.sandbox.latency == std::chrono::milliseconds(80));
  CHECK(provider.sandbox.decline_rate == 0.25);
}

TEST_CASE("each required setting that is missing is named, with its variable", "[settings]") {
  const auto names_what_is_missing = [](const std::vector<std::string>& all, const std::string& flag) {
    INFO(flag);
    const auto text = refused(without(all, flag));
    CHECK(has(text, "--" + flag + " (" + variable_of(flag) + ") is required"));
  };
  for (const auto* flag : {"role", "database-url", "redis-url", "amqp-url", "secret", "admin-token"})
    names_what_is_missing(api, flag);
  for (const auto* flag : {"role", "database-url", "redis-url", "amqp-url", "secret", "payments-url"})
    names_what_is_missing(worker, flag);
}

TEST_CASE("what is switched off is not required", "[settings]") {
  CHECK_FALSE(accepted(with(without(api, "redis-url"), {"--cache=off"})).is_cache_on);
  CHECK_FALSE(accepted(with(without(worker, "payments-url"), {"--payments=off"})).is_payments_on);
  const auto sync = with(without(api, "amqp-url"), {"--purchase=sync"});
  CHECK(has(refused(sync), "--payments-url"));
  CHECK(accepted(with(sync, {"--payments=off"})).purchase == purchase_mode::sync);
}

TEST_CASE("a wrong value is refused with its flag, its variable and what is allowed", "[settings]") {
  struct wrong {
    std::string flag, value, rule;
  };
  const std::vector<wrong> all{
      {"role", "cook", "must be one of api, worker, payments, not \"cook\""},
      {"log-level", "loud", "debug, info, warning, error"},
      {"listen", "8081", "an IP address and a port"},
      {"listen", "127.0.0.1:0", "a port from 1 to 65535"},
      {"listen", "127.0.0.1:65536", "a port from 1 to 65535"},
      {"listen", "localhost:80", "an IP address"},
      {"listen", "::1:80", "[::1]:8081"},
      {"listen-local", "api.sock", "an absolute path"},
      {"listen-local", "/" + std::string(107, 'a'), "of at most 107 bytes"},
      {"ops-listen", "127.0.0.1:", "an IP address and a port"},
      {"purchase", "later", "async, sync"},
      {"cache", "yes", "on, off"},
      {"publish-batch-max", "0", "a whole number from 1 to 5000, not \"0\""},
      {"publish-batch-max", "ten", "a whole number"},
      {"publish-batch-max", "10x", "a whole number"},
      {"publish-batch-max", "99999999999999", "a whole number"},
      {"hold-seconds", "-1", "a whole number from 1"},
      {"sandbox-error-rate", "1.5", "a number from 0 to 1"},
      {"sandbox-error-rate", "nan", "a number from 0 to 1"},
      {"database-url", "mysql://h/d", "postgresql://"},
      {"database-url", "postgresql://h:99999/d", "postgresql://"},
      {"redis-url", "127.0.0.1:6379", "redis://"},
      {"redis-url", "redis://", "redis://"},
      {"redis-url", "redis://h/zero", "redis://"},
      {"redis-url", "redis://h:70000", "redis://"},
      {"redis-url", "rediss://h/zero", "redis://"},
      {"redis-ca-file", "/no/such/file", "a file with certificates (PEM) that can be read, not \"/no/such/file\""},
      {"amqp-ca-file", "/", "a file with certificates"},
      {"payments-ca-file", "/etc/hostname", "a file with certificates"},
      {"amqp-url", "http://h/", "amqp://"},
      {"payments-url", "ftp://h/", "http://"},
      {"secret", "too-short", "at least 16"},
      {"admin-token", "with a space in the middle", "visible"},
  };
  for (const auto& [flag, value, rule] : all) {
    INFO(flag << "=" << value);
    const auto arguments = without(with(api, {}), flag);
    const auto by_flag = refused(with(arguments, {"--" + flag + "=" + value}));
    CHECK(has(by_flag, "--" + flag + " (" + variable_of(flag) + ")"));
    CHECK(has(by_flag, rule));
    environment variables;
    variables.set(variable_of(flag), value);
    CHECK(refused(arguments) == by_flag);
  }
}

TEST_CASE("the sandbox's jitter is never more than its latency", "[settings]") {
  CHECK(accepted({"--role=payments", "--sandbox-latency-ms=5"}).sandbox.jitter == std::chrono::milliseconds(5));
}

TEST_CASE("origins whose pages may call are a list of them", "[settings]") {
  CHECK(accepted(api).cors_origins.empty());
  CHECK(
      accepted(with(api, {"--cors-origins=https://a.example, http://localhost:3000,http://[::1]:8080"})).cors_origins ==
      std::vector<std::string>{"https://a.example", "http://localhost:3000", "http://[::1]:8080"});
  for (const auto* wrong :
       {"*", "null", "a.example", "ftp://a.example", "https://a.example/", "https://A.example", "https://a.example:443",
        "http://a.example:80", "https://a@b.example", "https://", "https://a.example?x"})
    CHECK(has(refused(with(api, {"--cors-origins=" + std::string(wrong)})), "TICKETD_CORS_ORIGINS"));
}

TEST_CASE("servers may be spoken to over TLS, each vouched for by a file of its own", "[settings]") {
  const test::temporary_file file(test::make_certificate("localhost").certificate_pem);
  const auto is = accepted({"--role=worker", "--database-url=postgresql://t:pw@h/d?sslmode=verify-full",
                            "--redis-url=rediss://u:pw@h", "--redis-ca-file=" + file.path(),
                            "--amqp-url=amqps://u:pw@h/v", "--amqp-ca-file=" + file.path(), "--payments-url=https://h",
                            "--payments-ca-file=" + file.path(), "--secret=" + secret});
  CHECK(is.cache.ca_file == file.path());
  CHECK(is.publisher.broker.ca_file == file.path());
  CHECK(is.consumer.broker.ca_file == file.path());
  CHECK(is.gateway.ca_file == file.path());
  CHECK(accepted(worker).gateway.ca_file.empty());
}

TEST_CASE("a migration is no role, and needs a database alone", "[settings]") {
  const auto is = accepted({"--migrate", "--migrations-url=postgresql://owner:pw@h/d", "--log-level=error"});
  CHECK(is.is_migration);
  CHECK(is.database.url == "postgresql://owner:pw@h/d");
  CHECK(is.database.instance == "migrate");
  CHECK(is.log_level == observability::log_level::error);
  CHECK(has(refused({"--migrate"}), "--migrations-url (TICKETD_MIGRATIONS_URL) is required"));
  CHECK(has(refused({"--migrate", "--database-url=postgresql://t:pw@h/d"}), "TICKETD_MIGRATIONS_URL"));
  CHECK(has(refused({"--migrate", "--migrations-url=nowhere"}), "must be a URL"));
  CHECK_FALSE(accepted(api).is_migration);
}

TEST_CASE("a check says yes, or what a start would say", "[settings]") {
  for (const auto& good : {api, worker, std::vector<std::string>{"--role=payments"}}) {
    const auto answer = read(with(good, {"--check"}));
    const auto* said = std::get_if<exit_request>(&answer);
    REQUIRE(said);
    CHECK(said->status == 0);
    CHECK(has(said->text, "good"));
  }
  for (const auto& bad :
       {without(api, "secret"), with(api, {"--hold-seconds=x"}), with(worker, {"--payments-url=http://a/b"})})
    CHECK(refused(with(bad, {"--check"})) == refused(bad));
}

TEST_CASE("secrets of before are a list", "[settings]") {
  CHECK(accepted(api).secrets.previous.empty());
  const std::vector<std::string> both{"the-secret-of-before", "the-one-before-that"};
  CHECK(accepted(with(api, {"--secret-previous=" + both[0] + ", " + both[1]})).secrets.previous == both);
  CHECK(accepted(with(worker, {"--secret-previous=" + both[0] + "\n" + both[1] + "\n"})).secrets.previous == both);
  for (const auto& wrong : {std::string("short"), both[0] + ",short", std::string("the-secret-of-bef\xc3\xb6re")})
    CHECK(has(refused(with(api, {"--secret-previous=" + wrong})), "TICKETD_SECRET_PREVIOUS"));
}

TEST_CASE("admin tokens are names with hashes, beside the simple one or alone", "[settings]") {
  const std::string adas = "ada:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";  // of "test"
  const std::string bobs = "bob:" + std::string(64, 'B');
  const auto simple = accepted(api).admins;
  REQUIRE(simple.size() == 1);
  CHECK(simple[0].name == "admin");
  CHECK(simple[0].token == text::sha256("an-admin-token-of-16"));
  const auto alone = accepted(with(without(api, "admin-token"), {"--admin-tokens=" + adas + "," + bobs})).admins;
  REQUIRE(alone.size() == 2);
  CHECK(alone[0].name == "ada");
  CHECK(alone[0].token == text::sha256("test"));
  CHECK(alone[1].name == "bob");
  CHECK(accepted(with(api, {"--admin-tokens=" + adas + ", " + bobs})).admins.size() == 3);

  for (const auto& wrong : {std::string("ada"), std::string("ada:"), std::string("ada:1234"), adas + "0", ":" + adas,
                            "a b:" + adas.substr(4), adas + "," + adas, adas + ",eve" + adas.substr(3),
                            adas + ",ada" + bobs.substr(3), "admin:" + adas.substr(4),
                            std::string("x:c90b8c3a16b8e7d9f9e4b1a0c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8z")}) {
    INFO(wrong);
    CHECK(has(refused(with(api, {"--admin-tokens=" + wrong})), "TICKETD_ADMIN_TOKENS"));
  }
}

TEST_CASE("the demo's secrets are refused where strangers can come", "[settings]") {
  const std::vector<std::vector<std::string>> demos{
      with(without(api, "secret"), {"--secret=demo-secret-that-everybody-knows"}),
      with(api, {"--secret-previous=demo-secret-that-everybody-knows"}),
      with(without(api, "admin-token"), {"--admin-token=demo-admin-token"}),
      // The same, hashed.
      with(api, {"--admin-tokens=ada:91c16f0d6cc1bec3c3603972182a07c66ff4fa71618a975e963d6dbe42b6dd37"}),
      with(without(api, "database-url"), {"--database-url=postgresql://t:demo-database-password@db/ticketd"}),
      with(without(api, "amqp-url"), {"--amqp-url=amqp://t:demo-amqp-password@rabbitmq/"}),
      with(without(api, "redis-url"), {"--redis-url=redis://t:demo-redis-password@redis"}),
  };
  for (const auto& demo : demos) {
    for (const std::string nearby : {"127.0.0.1", "127.8.9.1", "[::1]", "10.1.2.3", "172.31.0.1", "192.168.1.1",
                                     "169.254.1.1", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]"}) {
      INFO(nearby);
      accepted(with(demo, {"--listen=" + nearby + ":8080"}));
      accepted(with(demo, {"--listen=0.0.0.0:8080", "--public-address=" + nearby}));
    }
    for (const std::string anywhere :
         {"0.0.0.0", "[::]", "8.8.8.8", "172.32.0.1", "11.0.0.1", "[2001:db8::1]", "[::ffff:8.8.8.8]"}) {
      INFO(anywhere);
      CHECK(has(refused(with(demo, {"--listen=" + anywhere + ":8080"})), "the demo's secrets are refused at"));
      CHECK(has(refused(with(demo, {"--public-address=" + anywhere})), "the demo's secrets are refused at"));
      accepted(with(api, {"--listen=" + anywhere + ":8080"}));
    }
  }
  CHECK(has(refused(with(api, {"--public-address=example.com"})), "TICKETD_PUBLIC_ADDRESS"));
  accepted(with(without(worker, "secret"), {"--secret=demo-secret-that-everybody-knows"}));
}

TEST_CASE("an address is erased with no more than a database", "[settings]") {
  const std::vector<std::string> erase{"--erase=Ada@Example.com", "--database-url=postgresql://t:pw@127.0.0.1:5432/t"};
  CHECK(accepted(erase).erased_address == "Ada@Example.com");
  CHECK(accepted(api).erased_address.empty());
  CHECK(has(refused({"--erase=ada@example.com"}), "TICKETD_DATABASE_URL"));
  for (const std::string wrong : {"ada", "@example.com", "ada@", " "})
    CHECK(has(refused({"--erase=" + wrong, erase[1]}), "--erase"));
}

TEST_CASE("two listeners on one port are refused", "[settings]") {
  const auto same_port = refused(with(api, {"--listen=127.0.0.1:9081"}));
  CHECK(has(same_port, "--listen (TICKETD_LISTEN) and --ops-listen (TICKETD_OPS_LISTEN) must be different"));
}

TEST_CASE("no secret is ever repeated", "[settings]") {
  const std::string bad = "hunter2";
  for (const auto& arguments :
       {with(without(api, "secret"), {"--secret=" + bad}), with(without(api, "admin-token"), {"--admin-token=" + bad}),
        with(without(api, "database-url"), {"--database-url=mysql://u:" + bad + "@h/d"}),
        with(without(api, "redis-url"), {"--redis-url=redis://:" + bad + "@h:99999"}),
        with(without(api, "amqp-url"), {"--amqp-url=amqp://u:" + bad + "@h:0"}), with(api, {"--sekret=" + bad}),
        with(api, {bad}), with(api, {"--secret=" + bad + bad + bad})})
    CHECK_FALSE(has(refused(arguments), bad));
}

TEST_CASE("unknown flags, flags without a value and flags given twice are refused", "[settings]") {
  CHECK(has(refused(with(api, {"--colour=red"})), "--colour is not a flag"));
  CHECK(has(refused(with(api, {"-x"})), "-x is not a flag"));
  CHECK(has(refused({"api"}), "--flag=value"));
  CHECK(has(refused({"--role"}), "--role (TICKETD_ROLE) must be given once, and with a value"));
  CHECK(has(refused(with(api, {"--role=worker"})), "--role (TICKETD_ROLE) must be given once"));
}

TEST_CASE("a flag wins over its variable, an empty variable is none, an unknown one is ignored", "[settings]") {
  environment variables;
  variables.set("TICKETD_HOLD_SECONDS", "7").set("TICKETD_INSTANCE", "").set("TICKETD_DATABASE_CONNECTIONS", "3");
  variables.set("TICKETD_SOMETHING_OF_THE_LAB", "x");
  const auto is = accepted(with(api, {"--hold-seconds=9"}));
  CHECK(is.hold.hold == std::chrono::seconds(9));
  CHECK(is.database.connections == 3);
  CHECK(is.instance == "api");
  variables.set("TICKETD_SECRET", "");
  CHECK(has(refused(without(api, "secret")), "--secret (TICKETD_SECRET) is required"));
}

TEST_CASE("what systemd wants to hear, and where, is taken from its own variables", "[settings]") {
  CHECK(accepted(api).service_manager.socket.empty());
  CHECK(accepted(api).service_manager.watchdog == std::chrono::microseconds(0));
  environment variables;
  variables.set("NOTIFY_SOCKET", "@name").set("WATCHDOG_USEC", "20000000");
  CHECK(accepted(api).service_manager.socket == "@name");
  CHECK(accepted(api).service_manager.watchdog == std::chrono::seconds(20));
  variables.set("WATCHDOG_PID", std::to_string(getpid()));
  CHECK(accepted(api).service_manager.watchdog == std::chrono::seconds(20));
  variables.set("WATCHDOG_PID", std::to_string(getppid()));
  CHECK(accepted(api).service_manager.watchdog == std::chrono::microseconds(0));
  variables.set("WATCHDOG_PID", "").set("WATCHDOG_USEC", "often");
  CHECK(accepted(api).service_manager.watchdog == std::chrono::microseconds(0));
}

TEST_CASE("every setting can come from its variable", "[settings]") {
  environment variables;
  for (const auto& each : worker) {
    const auto equals = each.find('=');
    variables.set(variable_of(each.substr(2, equals - 2)), each.substr(equals + 1));
  }
  CHECK(accepted({}).role == role::worker);
  CHECK(accepted({}).cache.url == "redis://:pw@127.0.0.1:6379/2");
}

TEST_CASE("addresses of both families are understood", "[settings]") {
  const auto is = accepted(with(api, {"--listen=[::1]:80", "--ops-listen=0.0.0.0:65535"}));
  CHECK(is.http.address == "::1");
  CHECK(is.ops_listen.address == "0.0.0.0");
  CHECK(is.ops_listen.port == 65535);
}

TEST_CASE("the flags --help and --version say what they should and exit 0, whatever else is wrong", "[settings]") {
  const auto help = std::get<exit_request>(read({"--help"}));
  CHECK(help.status == 0);
  for (const flag& each : all_flags()) {
    INFO(each.name);
    CHECK(has(help.text, "--" + std::string(each.name) + " "));
    CHECK(has(help.text, variable_of(std::string(each.name))));
  }
  environment variables;
  variables.set("TICKETD_ROLE", "cook");
  CHECK(std::get<exit_request>(read({"--help"})).status == 0);
  const auto version = std::get<exit_request>(read({"--version"}));
  CHECK(version.status == 0);
  CHECK(version.text.starts_with("ticketd 0.2.0 ("));
}

TEST_CASE("what the provider takes in one charge has a least and a most", "[settings]") {
  CHECK(accepted(api).charge_bounds.least == 1);
  CHECK(accepted(api).charge_bounds.most == 99'999'999);
  const auto is = accepted(with(api, {"--charge-min=50", "--charge-max=50"}));
  CHECK(is.charge_bounds.least == 50);
  CHECK(is.charge_bounds.most == 50);
  CHECK(has(refused(with(api, {"--charge-min=51", "--charge-max=50"})), "TICKETD_CHARGE_MIN"));
  CHECK(has(refused(with(api, {"--charge-min=0"})), "TICKETD_CHARGE_MIN"));
}

TEST_CASE("how many charges there may be at once and a second is bounded", "[settings]") {
  const auto usual = accepted(worker);
  CHECK(usual.charges_in_flight == 512);
  CHECK(usual.charges_in_flight_min == 4);
  CHECK(usual.charges_per_second == 0);
  const auto is = accepted(with(worker, {"--charges-in-flight=2", "--charges-per-second=25"}));
  CHECK(is.charges_in_flight_min == 2);
  CHECK(is.charges_per_second == 25);
  CHECK(accepted(with(worker, {"--charges-in-flight-min=20"})).charges_in_flight_min == 20);
  CHECK(has(refused(with(worker, {"--charges-in-flight-min=0"})), "TICKETD_CHARGES_IN_FLIGHT_MIN"));
}

TEST_CASE("the sandbox's mood is one of a few words", "[settings]") {
  const std::vector<std::string> payments{"--role=payments"};
  using sandbox::mood;
  CHECK(accepted(payments).sandbox.mood == mood::well);
  const std::vector<std::pair<std::string, mood>> moods{{"well", mood::well},
                                                        {"unauthorized", mood::unauthorized},
                                                        {"forbidden", mood::forbidden},
                                                        {"too-many-requests", mood::too_many_requests},
                                                        {"unavailable", mood::unavailable},
                                                        {"invalid-request", mood::invalid_request},
                                                        {"silent", mood::silent},
                                                        {"key-taken", mood::key_taken},
                                                        {"refunds-refused", mood::refunds_refused},
                                                        {"refunds-pending", mood::refunds_pending}};
  for (const auto& [word, meant] : moods)
    CHECK(accepted(with(payments, {"--sandbox-mood=" + word})).sandbox.mood == meant);
  for (const auto* word : {"Well", "key_taken", "ill"})
    CHECK(has(refused(with(payments, {"--sandbox-mood=" + std::string(word)})), "TICKETD_SANDBOX_MOOD"));
}
