#include "config/command_line.hpp"

#include "ticketd/observability/build.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

namespace ticketd::config {
namespace {

constexpr std::string_view process = "Process";
constexpr std::string_view servers = "Servers it talks to";
constexpr std::string_view secrets = "Secrets (better given by variable: a command line is seen by everybody)";
constexpr std::string_view phases = "What is switched on";
constexpr std::string_view coalescing = "Coalescing";
constexpr std::string_view payments = "Payments";
constexpr std::string_view limits = "Limits";
constexpr std::string_view sandbox = "The sandbox provider";

constexpr std::array flags{
    flag{process, "role", "ROLE", "", "", "api, worker or payments"},
    flag{process, "instance", "NAME", "", "all", "the name in logs and at the servers; the role's if not given"},
    flag{process, "listen", "ADDRESS:PORT", "", "api, payments",
         "the public HTTP server; 127.0.0.1:8081 (api), 127.0.0.1:8095 (payments) if not given"},
    flag{process, "listen-local", "PATH", "", "api",
         "a Unix-domain socket beside the port, for a proxy on the same machine; none if not given"},
    flag{process, "public-address", "ADDRESS", "", "api",
         "where buyers find it, if not at --listen: a container listens everywhere, and is published at one address"},
    flag{process, "ops-listen", "ADDRESS:PORT", "", "all",
         "/livez, /readyz and /metrics; 127.0.0.1:9081 (api), :9091 (worker), :9096 (payments) if not given"},
    flag{process, "cors-origins", "LIST", "", "api",
         "whose pages may call it from a browser: origins such as https://tickets.example, with commas between"},
    flag{process, "log-level", "LEVEL", "info", "all", "debug, info, warning or error"},

    flag{servers, "database-url", "URL", "", "api, worker",
         "postgresql://user:password@host:port/database; with ?sslmode=verify-full&sslrootcert=PATH over TLS"},
    flag{servers, "migrations-url", "URL", "", "--migrate",
         "the same for the owner of the database, as whom it migrates"},
    flag{servers, "redis-url", "URL", "", "api, worker",
         "redis://[[user]:password@]host:port[/database], rediss:// with TLS; not with --cache=off"},
    flag{servers, "redis-ca-file", "PATH", "", "api, worker",
         "certificates (PEM) that vouch for a rediss:// server; the system's if not given"},
    flag{servers, "amqp-url", "URL", "", "api (async), worker",
         "amqp://user:password@host:port/vhost, amqps:// with TLS"},
    flag{servers, "amqp-ca-file", "PATH", "", "api (async), worker",
         "certificates (PEM) that vouch for an amqps:// broker; the system's if not given"},
    flag{servers, "payments-url", "URL", "", "worker, api (sync)",
         "http://host:port or https://host of the payment provider; not with --payments=off"},
    flag{servers, "payments-ca-file", "PATH", "", "worker, api (sync)",
         "certificates (PEM) that vouch for an https:// provider; the system's if not given"},

    flag{secrets, "secret", "TEXT", "", "api, worker",
         "at least 16 characters; seals order ids and prints ticket codes, the same on every replica"},
    flag{secrets, "secret-previous", "LIST", "", "api, worker",
         "other secrets that are known, so that ids, codes and repeats given out under them stay good"},
    flag{secrets, "admin-token", "TEXT", "", "api", "at least 16 characters; for PUT /api/v1/events/{event_id}"},
    flag{secrets, "admin-tokens", "LIST", "", "api",
         "the same for several, each as NAME:SHA256 of its token, with commas between"},
    flag{secrets, "payments-key", "TEXT", "sk_test_ticketd", "worker, api (sync)", "the provider's API key"},

    flag{phases, "purchase", "MODE", "async", "api", "async: 202 and a queue; sync: reserve and pay in the request"},
    flag{phases, "cache", "on|off", "on", "api, worker", "availability in Redis"},
    flag{phases, "copy-life-ms", "N", "100", "api",
         "how long a replica answers by its own copy of an event; 0: each reading asks Redis"},
    flag{phases, "payments", "on|off", "on", "api, worker", "off confirms an order at once"},
    flag{phases, "demo", "on|off", "off", "api", "on creates the demo event tarkan-2027 if it is absent"},
    flag{phases, "id-layout", "1|2", "2", "api",
         "of the order ids of events that are new; 1 while replicas run that know no other"},

    flag{coalescing, "publish-batch-max", "N", "100", "api", "orders a message; 1 switches coalescing off"},
    flag{coalescing, "publish-wait-max-us", "N", "8000", "api",
         "the longest that an order waits for others to share its message"},
    flag{coalescing, "publish-timeout-ms", "N", "3000", "api", "until a broker's confirm must be in"},
    flag{coalescing, "settle-batch-max", "N", "2000", "worker", "orders a transaction; 1 switches batching off"},
    flag{coalescing, "settle-wait-max-us", "N", "5000", "worker", "the longest that a batch waits to be filled"},

    flag{payments, "hold-seconds", "N", "600", "api, worker",
         "how long a reservation waits for its payment, from the first charge on"},
    flag{payments, "payment-wait-max", "S", "900", "api, worker", "how long it waits for that first charge"},
    flag{payments, "charge-min", "N", "1", "api",
         "the least that the provider takes, in minor units; what costs nothing is free"},
    flag{payments, "charge-max", "N", "99999999", "api", "the most that the provider takes at once, in minor units"},
    flag{payments, "charges-in-flight", "N", "512", "api, worker",
         "charges at once, at most: fewer where the provider takes no more"},
    flag{payments, "charges-in-flight-min", "N", "4", "api, worker",
         "charges at once, however little the provider seems to take"},
    flag{payments, "charges-per-second", "N", "0", "api, worker",
         "charges that may begin a second, of each process; 0 is no bound"},
    flag{payments, "charge-timeout-ms", "N", "10000", "api, worker", "for one call of the provider"},

    flag{limits, "in-flight-max", "N", "20000", "api",
         "unconfirmed orders at once, at most: fewer while confirms are slow"},
    flag{limits, "backlog-max", "N", "2000000", "api", "orders that may wait in the queue"},
    flag{limits, "backlog-bytes-max", "N", "1000000000", "api", "bytes that may wait in the queue"},
    flag{limits, "database-connections", "N", "8", "api, worker", "the pool's bound"},
    flag{limits, "connections-max", "N", "10000", "api, payments", "open HTTP connections, but for those of watchers"},
    flag{limits, "watchers-max", "N", "10000", "api", "open streams, and reads that wait for a change"},

    flag{sandbox, "sandbox-latency-ms", "N", "80", "payments", "of an answer, on average"},
    flag{sandbox, "sandbox-jitter-ms", "N", "20", "payments", "up to this much more or less"},
    flag{sandbox, "sandbox-decline-rate", "RATE", "0", "payments",
         "0 to 1; a repeat under the same key hears the same"},
    flag{sandbox, "sandbox-error-rate", "RATE", "0", "payments",
         "0 to 1; a 500, half of them after the charge was made"},
    flag{sandbox, "sandbox-hang-rate", "RATE", "0", "payments", "0 to 1; the charge is made, the answer never comes"},
    flag{sandbox, "sandbox-mood", "MOOD", "well", "payments",
         "well, unauthorized, forbidden, too-many-requests, unavailable, invalid-request, silent, key-taken,\n"
         "refunds-refused or refunds-pending: what it says whatever it is asked"},
};

std::string variable_of(std::string_view flag_name) {
  std::string variable = "TICKETD_";
  for (const char c : flag_name)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

// CLI11's own layout puts type, default and variable into one column, and differs between its versions.
class help_formatter final : public CLI::Formatter {
 public:
  help_formatter() { column_width(34); }

  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? std::string() : " " + option->get_type_name();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    if (option->get_envname().empty()) return text;
    text += "\n  " + option->get_envname();
    if (!option->get_default_str().empty()) text += ", default " + option->get_default_str();
    return text;
  }
};

void declare(CLI::App& app, const flag& each) {
  std::string description(each.meaning);
  if (!each.roles.empty()) description = fmt::format("[{}] {}", each.roles, description);
  // No validator of CLI11's: newer versions drop a variable that fails one without a word.
  app.add_option("--" + std::string(each.name))
      ->description(description)
      ->envname(variable_of(each.name))
      ->type_name(std::string(each.value))
      ->default_str(std::string(each.fallback))
      ->group(std::string(each.group));
}

// An argument's value may be a secret, so only the name of a flag is ever repeated.
[[noreturn]] void refuse_unknown(const std::string& argument) {
  if (argument.size() < 2 || argument.front() != '-')
    throw refusal("an argument belongs to no flag; settings are given as --flag=value (see --help)");
  throw refusal(fmt::format("{} is not a flag of ticketd (see --help)", argument.substr(0, argument.find('='))));
}

// CLI11 begins its message with the flag's name, and goes on with a text of its own.
[[noreturn]] void refuse_mismatch(std::string_view message) {
  for (const flag& each : flags)
    if (message.starts_with(fmt::format("--{}:", each.name)))
      throw refusal(title_of(each.name) + " must be given once, and with a value");
  throw refusal(message);
}

std::string version_text() {
  const auto& build = observability::this_build();
  return fmt::format("ticketd {} ({}, Boost {})", build.version, build.compiler, build.boost);
}

raw_values values_of(const CLI::App& app) {
  raw_values values;
  for (const flag& each : flags) {
    const CLI::Option* option = app.get_option("--" + std::string(each.name));
    values.emplace(each.name, option->count() > 0 ? option->results().back() : std::string(each.fallback));
  }
  return values;
}

}  // namespace

std::span<const flag> all_flags() noexcept { return flags; }

std::string title_of(std::string_view flag_name) { return fmt::format("--{} ({})", flag_name, variable_of(flag_name)); }

exit_request refusal(std::string_view message) { return {2, fmt::format("ticketd: {}\n", message)}; }

command_line read_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "ticketd sells tickets: one executable, started in the roles api, worker and payments.\n"
      "Every flag may be given as a variable instead; a flag wins over its variable.",
      "ticketd");
  app.formatter(std::make_shared<help_formatter>());
  app.set_help_flag("-h,--help", "print this help and exit");
  app.set_version_flag("--version", version_text(), "print the version and exit");
  app.add_flag("--check")->description("say whether the settings are good, and exit without opening anything");
  app.add_flag("--migrate")->description("bring the schema up to date, as the user of --migrations-url, and exit");
  app.add_option("--erase")->type_name("ADDRESS")->description(
      "take a buyer's name and address out of the orders of events whose sale is over, and exit");
  app.allow_extras();
  for (const flag& each : flags) declare(app, each);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    throw exit_request{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    throw exit_request{0, version_text() + "\n"};
  } catch (const CLI::ParseError& error) {
    refuse_mismatch(error.what());
  }
  if (const auto extras = app.remaining(); !extras.empty()) refuse_unknown(extras.front());
  std::optional<std::string> erased;
  if (app.count("--erase") > 0) erased = app.get_option("--erase")->results().back();
  return {values_of(app), app.count("--check") > 0, app.count("--migrate") > 0, std::move(erased)};
}

}  // namespace ticketd::config
