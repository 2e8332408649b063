#include "ticketd/config/settings.hpp"

#include "config/demo_secrets.hpp"
#include "config/values.hpp"
#include "ticketd/domain/buyer.hpp"
#include "ticketd/http/cors.hpp"
#include "ticketd/text/parse_number.hpp"
#include "ticketd/text/sha256.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <fmt/format.h>

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ticketd::config {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int minute_in_ms = 60'000;
constexpr int second_in_us = 1'000'000;
constexpr int day_in_s = 86'400;

constexpr std::string_view database_example = "postgresql://user:password@127.0.0.1:5432/ticketd";
constexpr std::string_view redis_example = "redis://127.0.0.1:6379 or rediss://user:password@host:6379/0";
constexpr std::string_view amqp_example = "amqp://user:password@127.0.0.1:5672/ or amqps://user:password@host/vhost";
constexpr std::string_view payments_example = "http://127.0.0.1:8095 or https://api.stripe.com";

struct default_ports {
  std::string_view listen;
  std::string_view ops_listen;
};

default_ports defaults_of(role of) noexcept {
  switch (of) {
    case role::api:
      return {"127.0.0.1:8081", "127.0.0.1:9081"};
    case role::worker:
      return {"127.0.0.1:8081", "127.0.0.1:9091"};  // serves no public HTTP
    case role::payments:
      return {"127.0.0.1:8095", "127.0.0.1:9096"};
  }
  return {};
}

void read_process(const values& from, settings& to) {
  from.require("role", "api, worker or payments");
  to.role = from.one_of<role>("role", {{"api", role::api}, {"worker", role::worker}, {"payments", role::payments}});
  to.instance = from.is_given("instance") ? from.text("instance") : std::string(to_string(to.role));
}

std::string_view variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value ? value : std::string_view();
}

// What the service manager sets is not ours to complain of: what cannot be understood counts as not there. The process
// id says who is meant, should a parent's variables have been inherited.
service_manager_settings read_service_manager() {
  service_manager_settings found;
  found.socket = variable("NOTIFY_SOCKET");
  const auto meant = text::parse_number<pid_t>(variable("WATCHDOG_PID"));
  const auto interval = text::parse_number<std::int64_t>(variable("WATCHDOG_USEC"));
  if (interval && *interval > 0 && (!meant || *meant == ::getpid())) found.watchdog = microseconds(*interval);
  return found;
}

void read_listeners(const values& from, settings& to) {
  const auto [listen, ops_listen] = defaults_of(to.role);
  const endpoint open = from.address_and_port("listen", listen);
  to.http.address = open.address;
  to.http.port = open.port;
  to.http.local_path = from.socket_path("listen-local");
  to.http.connections_max = from.number<std::size_t>("connections-max", 1, 1'000'000);
  to.watchers_max = from.number<std::size_t>("watchers-max", 1, 1'000'000);
  to.ops_listen = from.address_and_port("ops-listen", ops_listen);
  const bool is_same = open.address == to.ops_listen.address && open.port == to.ops_listen.port;
  if (to.role != role::worker && is_same)
    throw refusal(title_of("listen") + " and " + title_of("ops-listen") + " must be different");
}

void read_switches(const values& from, settings& to) {
  to.purchase =
      from.one_of<purchase_mode>("purchase", {{"async", purchase_mode::async}, {"sync", purchase_mode::sync}});
  to.is_cache_on = from.is_on("cache");
  to.is_payments_on = from.is_on("payments");
  to.is_demo_on = from.is_on("demo");
}

// "https://a.example, http://localhost:3000".
void read_cors(const values& from, settings& to) {
  boost::split(to.cors_origins, from.text("cors-origins"), boost::is_any_of(", "), boost::token_compress_on);
  std::erase(to.cors_origins, "");
  for (const auto& origin : to.cors_origins)
    if (!http::is_origin(origin))
      throw refusal(title_of("cors-origins") +
                    " must be origins such as https://tickets.example, http://localhost:3000");
}

void read_secrets(const values& from, settings& to) {
  to.secrets = {from.secret("secret"), from.secrets("secret-previous")};
  to.admins = from.admins("admin-tokens");
  if (!from.is_given("admin-token")) return;
  const admin simple{"admin", text::sha256(from.secret("admin-token"))};
  for (const auto& other : to.admins)
    if (other.name == simple.name || other.token == simple.token)
      throw refusal(title_of("admin-tokens") + " must not have the name, or the token, of " + title_of("admin-token") +
                    ", which is known as \"admin\"");
  to.admins.push_back(simple);
}

bool is_of_the_demo(const settings& of) {
  const auto is_known = [](const std::string& secret) {
    return std::ranges::find(demo_secrets, secret) != demo_secrets.end();
  };
  const auto has_known = [](const std::string& url) {
    return std::ranges::any_of(demo_secrets,
                               [&](std::string_view known) { return url.find(known) != std::string::npos; });
  };
  const auto has_known_token = [](const admin& admin) {
    return std::ranges::any_of(demo_secrets,
                               [&](std::string_view known) { return text::sha256(known) == admin.token; });
  };
  return is_known(of.secrets.current) || std::ranges::any_of(of.secrets.previous, is_known) ||
         std::ranges::any_of(of.admins, has_known_token) || has_known(of.database.url) ||
         has_known(of.publisher.broker.url) || has_known(of.cache.url);
}

// They open everything to whoever has read the example.
void refuse_the_demo_in_public(const values& from, const settings& of) {
  const auto published = from.address("public-address");
  const auto& found_at = published.empty() ? of.http.address : published;
  if (of.role != role::api || is_out_of_public(found_at) || !is_of_the_demo(of)) return;
  throw refusal(
      fmt::format("the demo's secrets are refused at {}, a public address: give secrets of your own, or say "
                  "where it is published by {}",
                  found_at, title_of("public-address")));
}

persistence::connection_share share_of(role of) noexcept {
  return of == role::worker ? persistence::connection_share::worker : persistence::connection_share::replica;
}

void read_database(const values& from, settings& to, std::string_view flag = "database-url") {
  to.database.url = from.url(flag, {"postgresql", "postgres"}, database_example);
  to.database.instance = to.instance;
  to.database.connections = from.number<std::size_t>("database-connections", 1, 1000);
  to.database.share = share_of(to.role);
}

void read_cache(const values& from, settings& to) {
  to.cache.url = from.url("redis-url", {"redis", "rediss"}, redis_example);
  to.cache.ca_file = from.certificates("redis-ca-file");
}

void read_broker(const values& from, settings& to) {
  to.publisher.broker.url = from.url("amqp-url", {"amqp", "amqps"}, amqp_example);
  to.publisher.broker.ca_file = from.certificates("amqp-ca-file");
  to.publisher.broker.instance = to.instance;
  to.publisher.batch_max = from.number<std::size_t>("publish-batch-max", 1, messaging::publish_batch_max_most);
  to.publisher.wait_max = from.number<microseconds>("publish-wait-max-us", 0, second_in_us);
  to.publisher.in_flight_max = from.number<std::size_t>("in-flight-max", 1, 1'000'000);
  to.publisher.backlog_max.orders = from.number<std::int64_t>("backlog-max", 1, 1'000'000'000);
  to.publisher.backlog_max.bytes = from.number<std::int64_t>("backlog-bytes-max", 1, 2'000'000'000);
  to.publish_timeout = from.number<milliseconds>("publish-timeout-ms", 1, minute_in_ms);
  to.consumer.broker = to.publisher.broker;
  to.changes.broker = to.publisher.broker;
  to.consumer.batch_max = from.number<std::size_t>("settle-batch-max", 1, messaging::batch_max_most);
  to.consumer.wait_max = from.number<microseconds>("settle-wait-max-us", 0, second_in_us);
}

void read_catalogue(const values& from, settings& to) {
  to.id_layout = static_cast<domain::id_layout>(from.number<int>("id-layout", 1, 2));
  to.copy_life = from.number<milliseconds>("copy-life-ms", 0, copy_life_max.count());
}

void read_payments(const values& from, settings& to) {
  to.gateway.url = from.url("payments-url", {"http", "https"}, payments_example);
  to.gateway.ca_file = from.certificates("payments-ca-file");
  to.gateway.api_key = from.text("payments-key");
  to.charge_bounds.least = from.number<std::int64_t>("charge-min", 1, 2'000'000'000);
  to.charge_bounds.most = from.number<std::int64_t>("charge-max", 1, 2'000'000'000);
  if (to.charge_bounds.least > to.charge_bounds.most)
    throw refusal(title_of("charge-min") + " must not be more than " + title_of("charge-max"));
  to.charges_in_flight = from.number<std::size_t>("charges-in-flight", 1, 10'000);
  // A ceiling below the default floor is given alone, and means it.
  to.charges_in_flight_min =
      std::min(from.number<std::size_t>("charges-in-flight-min", 1, 10'000), to.charges_in_flight);
  to.charges_per_second = from.number<std::size_t>("charges-per-second", 0, 100'000);
  to.charge_timeout = from.number<milliseconds>("charge-timeout-ms", 1, 2 * minute_in_ms);
  to.hold.hold = from.number<seconds>("hold-seconds", 1, day_in_s);
  to.hold.payment_wait_max = from.number<seconds>("payment-wait-max", 1, day_in_s);
}

void read_sandbox(const values& from, settings& to) {
  to.sandbox.latency = from.number<milliseconds>("sandbox-latency-ms", 0, minute_in_ms);
  // An answer cannot come before its question: a latency below the default jitter is given alone, and means it.
  to.sandbox.jitter = std::min(from.number<milliseconds>("sandbox-jitter-ms", 0, minute_in_ms), to.sandbox.latency);
  to.sandbox.decline_rate = from.rate("sandbox-decline-rate");
  to.sandbox.error_rate = from.rate("sandbox-error-rate");
  to.sandbox.hang_rate = from.rate("sandbox-hang-rate");
  using sandbox::mood;
  to.sandbox.mood = from.one_of<mood>("sandbox-mood", {{"well", mood::well},
                                                       {"unauthorized", mood::unauthorized},
                                                       {"forbidden", mood::forbidden},
                                                       {"too-many-requests", mood::too_many_requests},
                                                       {"unavailable", mood::unavailable},
                                                       {"invalid-request", mood::invalid_request},
                                                       {"silent", mood::silent},
                                                       {"key-taken", mood::key_taken},
                                                       {"refunds-refused", mood::refunds_refused},
                                                       {"refunds-pending", mood::refunds_pending}});
}

void require_what_the_role_needs(const values& from, const settings& of) {
  if (of.role == role::payments) return;
  const bool is_sync_api = of.role == role::api && of.purchase == purchase_mode::sync;
  const bool is_async_api = of.role == role::api && of.purchase == purchase_mode::async;
  from.require("database-url", database_example);
  if (of.is_cache_on) from.require("redis-url", fmt::format("{}, or --cache=off", redis_example));
  if (!is_sync_api) from.require("amqp-url", amqp_example);
  if (of.is_payments_on && !is_async_api)
    from.require("payments-url", fmt::format("{}, or --payments=off", payments_example));
  from.require("secret", "at least 16 characters, the same on every replica");
  if (of.role == role::api && of.admins.empty())
    from.require("admin-token", fmt::format("at least 16 characters (or {})", title_of("admin-tokens")));
}

void read_log_level(const values& from, settings& to) {
  using observability::log_level;
  to.log_level = from.one_of<log_level>("log-level", {{"debug", log_level::debug},
                                                      {"info", log_level::info},
                                                      {"warning", log_level::warning},
                                                      {"error", log_level::error}});
}

// Of a migration nothing else is asked: it is no role.
settings assemble_migration(const values& from) {
  settings all;
  all.is_migration = true;
  all.instance = from.is_given("instance") ? from.text("instance") : "migrate";
  read_log_level(from, all);
  from.require("migrations-url", database_example);
  read_database(from, all, "migrations-url");
  return all;
}

std::string_view name_of(const settings& of) { return of.is_migration ? "migration" : to_string(of.role); }

settings assemble_role(const values& from) {
  settings all;
  read_process(from, all);
  read_log_level(from, all);
  all.service_manager = read_service_manager();
  read_listeners(from, all);
  read_switches(from, all);
  read_cors(from, all);
  read_secrets(from, all);
  read_database(from, all);
  read_cache(from, all);
  read_broker(from, all);
  read_catalogue(from, all);
  read_payments(from, all);
  read_sandbox(from, all);
  require_what_the_role_needs(from, all);
  refuse_the_demo_in_public(from, all);
  return all;
}

// What --erase needs of them.
settings assemble_erasure(const values& from, const std::string& address) {
  settings all;
  all.instance = "ticketd --erase";
  all.erased_address = address;
  read_database(from, all);
  all.database.share = persistence::connection_share::everything;
  from.require("database-url", database_example);
  const auto canonical = domain::canonical_email(address);
  const auto at = canonical.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == canonical.size())
    throw refusal("--erase must be given an email address, such as ada@example.com");
  return all;
}

settings assemble(const command_line& line) {
  const values from(line.values);
  if (line.is_migration) return assemble_migration(from);
  if (line.erased) return assemble_erasure(from, *line.erased);
  return assemble_role(from);
}

}  // namespace

std::string_view to_string(role role) noexcept {
  switch (role) {
    case role::api:
      return "api";
    case role::worker:
      return "worker";
    case role::payments:
      return "payments";
  }
  return "";
}

std::variant<settings, exit_request> read_settings(int argc, const char* const* argv) {
  try {
    const auto line = read_command_line(argc, argv);
    auto all = assemble(line);
    if (line.is_check) return exit_request{0, fmt::format("ticketd: the settings of this {} are good\n", name_of(all))};
    return all;
  } catch (const exit_request& instead) {
    return instead;
  }
}

}  // namespace ticketd::config
