// Flags and TICKETD_* variables, checked and assembled into each module's own settings. The table is in
// docs/architecture.md. Nothing else in ticketd reads the environment.
//
// Read once, by main, before there is a second thread; a value from then on. Nothing is thrown: what is wrong is an
// exit_request.
#pragma once

#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/config/admin.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/secrets.hpp"
#include "ticketd/http/server.hpp"
#include "ticketd/messaging/change_notices.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/sandbox/sandbox.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ticketd::config {

enum class role { api, worker, payments };

[[nodiscard]] std::string_view to_string(role role) noexcept;

enum class purchase_mode { async, sync };

struct endpoint {
  std::string address;  // an IP address, without brackets
  std::uint16_t port = 0;
};

// Copies of two replicas differ in age by no more than is looked up again (orders::place_settings::copies_differ_max).
inline constexpr std::chrono::milliseconds copy_life_max{200};

// Of systemd's, or whose protocol is the same (sd_notify(3)): variables that it sets, and no flags of ours.
struct service_manager_settings {
  std::string socket;                     // a path, or a name behind an '@'; empty where nobody is to be told
  std::chrono::microseconds watchdog{0};  // how often it wants to hear that we are alive; 0: not at all
};

// A module's settings hold what its role was given; what the role does not need may be empty.
struct settings {
  bool is_migration = false;  // --migrate: instance, log level and database are given, and no role
  config::role role = config::role::api;
  std::string erased_address;  // --erase: not a role, but this one job on the database; as it was given
  std::string instance;
  observability::log_level log_level = observability::log_level::info;
  service_manager_settings service_manager;

  http::server_settings http;  // address and port of --listen
  endpoint ops_listen;

  domain::secrets secrets;
  std::vector<admin> admins;
  std::vector<std::string> cors_origins;  // whose pages may call the api; none: only our own

  domain::id_layout id_layout = domain::id_layout::by_event;  // of events that are new
  purchase_mode purchase = purchase_mode::async;
  bool is_cache_on = true;
  std::chrono::milliseconds copy_life{100};  // of an event, in this process
  bool is_payments_on = true;
  bool is_demo_on = false;

  persistence::database_settings database;
  domain::hold_terms hold;
  cache::cache_settings cache;
  messaging::publisher_settings publisher;
  std::chrono::milliseconds publish_timeout{3000};
  messaging::consumer_settings consumer;
  messaging::change_settings changes;
  // Open streams and reads that wait, at once; beyond it they are refused. More: memory (some 5 KB each), descriptors,
  // and a burst of writes where many watch one event.
  std::size_t watchers_max = 10'000;
  payment::gateway_settings gateway;
  domain::charge_bounds charge_bounds;
  std::size_t charges_in_flight = 512;
  std::size_t charges_in_flight_min = 4;
  std::size_t charges_per_second = 0;  // 0: no bound
  std::chrono::milliseconds charge_timeout{10000};
  sandbox::sandbox_settings sandbox;
};

// What the process is to say, and the status it is to exit with, instead of starting: 0 and a text for standard output
// (--help, --version, --check), or 2 and one line for standard error.
struct exit_request {
  int status = 0;
  std::string text;
};

// A flag wins over its variable; a variable that is empty counts as not set, and one that is unknown is ignored. A
// setting of another role is checked where it is given, and never required.
[[nodiscard]] std::variant<settings, exit_request> read_settings(int argc, const char* const* argv);

}  // namespace ticketd::config
