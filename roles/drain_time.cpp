#include "drain_time.hpp"

#include "api/time_budgets.hpp"
#include "selling_parts.hpp"
#include "ticketd/orders/settle_orders.hpp"

#include <algorithm>

namespace ticketd::roles {
namespace {

using std::chrono::milliseconds;

// The longest of its requests, until its answer is taken.
milliseconds drain_time_of_api(const config::settings& settings) {
  const auto budgets = api::time_budgets_of(settings);
  return std::max({budgets.read, budgets.find, budgets.define, budgets.purchase}) + settings.http.write;
}

// A batch, settled and acknowledged; beside it a charge, asked for and written down, behind the outcomes that are being
// written when its own comes in.
milliseconds drain_time_of_worker(const config::settings& settings) {
  const milliseconds batch = orders::settler_settings{}.transaction + settings.consumer.dead_letter_wait;
  const auto charging = charge_settings_of(settings);
  return std::max(batch, milliseconds(charging.lease() + charging.transaction));
}

}  // namespace

milliseconds drain_time(const config::settings& settings) {
  switch (settings.role) {
    case config::role::api:
      return drain_time_of_api(settings);
    case config::role::worker:
      return drain_time_of_worker(settings);
    case config::role::payments:
      return settings.sandbox.latency + settings.sandbox.jitter + settings.http.write;
  }
  return {};
}

}  // namespace ticketd::roles
