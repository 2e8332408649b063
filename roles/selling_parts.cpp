#include "selling_parts.hpp"

namespace ticketd::roles {

selling_parts::selling_parts(const asio::any_io_executor& on, const config::settings& of)
    : executor(on),
      settings(of),
      printer(settings.secret),
      database(persistence::make_database(executor, settings.database, metrics)),
      cache(settings.is_cache_on ? cache::make_versioned_cache(executor, settings.cache, metrics) : nullptr),
      availability(executor, *database, cache.get(), {}) {}

std::unique_ptr<payment::gateway> selling_parts::make_gateway() {
  if (!settings.is_payments_on) return nullptr;
  auto gateway = settings.gateway;
  gateway.connections = settings.charges_in_flight + charge_settings().refunds_at_once;
  return payment::make_gateway(executor, std::move(gateway), metrics);
}

orders::charge_settings selling_parts::charge_settings() const {
  orders::charge_settings charging;
  charging.takes = settings.charge_bounds;
  charging.window.ceiling = settings.charges_in_flight;
  charging.window.floor = settings.charges_in_flight_min;
  charging.a_second = settings.charges_per_second;
  charging.attempts.call = settings.charge_timeout;
  charging.hold = settings.hold.hold;
  return charging;
}

orders::settlement_rules selling_parts::settlement_rules() const {
  return {.pay = settings.is_payments_on ? domain::payment_mode::charge : domain::payment_mode::confirm_at_once,
          .hold = settings.hold};
}

std::function<void(const std::string&)> selling_parts::stock_changed() {
  return [this](const std::string& event_id) { availability.changed(event_id); };
}

std::vector<observability::dependency> selling_parts::dependencies(need of) {
  std::vector<observability::dependency> all;
  all.push_back({"database", [this] { return is_prepared && database->is_reachable(); }, of == need::database});
  if (cache) all.push_back({"redis", [this] { return cache->is_up(); }, false});
  return all;
}

}  // namespace ticketd::roles
