#include "selling_parts.hpp"

#include "schema.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace ticketd::roles {
namespace {

constexpr std::chrono::seconds naming_max{5};

}  // namespace

orders::charge_settings charge_settings_of(const config::settings& settings) {
  orders::charge_settings charging;
  charging.takes = settings.charge_bounds;
  charging.window.ceiling = settings.charges_in_flight;
  charging.window.floor = settings.charges_in_flight_min;
  charging.a_second = settings.charges_per_second;
  charging.attempts.call = settings.charge_timeout;
  charging.hold = settings.hold.hold;
  return charging;
}

orders::settlement_rules settlement_rules_of(const config::settings& settings) {
  return {.pay = settings.is_payments_on ? domain::payment_mode::charge : domain::payment_mode::confirm_at_once,
          .hold = settings.hold};
}

selling_parts::selling_parts(const asio::any_io_executor& on, const config::settings& of)
    : executor(on),
      settings(of),
      mint(settings.secrets),
      printer(settings.secrets),
      database(persistence::make_database(executor, settings.database, metrics)),
      cache(settings.is_cache_on ? cache::make_versioned_cache(executor, settings.cache, metrics) : nullptr),
      availability(executor, *database, cache.get(), {}) {}

void selling_parts::start() {
  async::spawn(executor, "availability.publish", availability.run());
  async::spawn(executor, "clock.follow", clock.follow(*database));
}

awaitable<> selling_parts::bring_schema_up_to_date() { co_await roles::bring_schema_up_to_date(executor, *database); }

// What comes of it is seen the next time.
awaitable<> selling_parts::name_old_secret() {
  if (!settings.secrets.previous.empty()) co_return;
  const deadline until = deadline_in(naming_max);
  const auto generation = domain::generation_of(settings.secrets.current);
  co_await persistence::with_session(
      *database, until, [&](persistence::session& on) { return on.events().name_old_secret(generation, until); });
}

void selling_parts::note_prepared() {
  is_prepared_ = true;
  observability::log_info(std::string(to_string(settings.role)) + ".prepared",
                          {{"secret_generation", domain::generation_of(settings.secrets.current)}});
}

std::unique_ptr<payment::gateway> selling_parts::make_gateway() {
  if (!settings.is_payments_on) return nullptr;
  auto gateway = settings.gateway;
  gateway.connections = settings.charges_in_flight + charge_settings_of(settings).refunds_at_once;
  return payment::make_gateway(executor, std::move(gateway), metrics);
}

std::function<void(const std::string&)> selling_parts::stock_changed() {
  return [this](const std::string& event_id) { availability.changed(event_id); };
}

std::vector<observability::dependency> selling_parts::dependencies(need of) {
  std::vector<observability::dependency> all;
  all.push_back({"database", [this] { return is_prepared_ && database->is_reachable(); }, of == need::database});
  if (cache) all.push_back({"redis", [this] { return cache->is_up(); }, false});
  return all;
}

}  // namespace ticketd::roles
