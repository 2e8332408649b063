#include "api/time_budgets.hpp"

#include "selling_parts.hpp"
#include "ticketd/config/settings.hpp"

namespace ticketd::roles::api {
namespace {

std::chrono::milliseconds purchase_budget_of(const config::settings& settings) {
  switch (settings.purchase) {
    case config::purchase_mode::async:
      return settings.publish_timeout;
    case config::purchase_mode::sync:
      // As long as the payment stage keeps off what a request charges itself.
      return charge_settings_of(settings).lease();
  }
  return {};
}

}  // namespace

time_budgets time_budgets_of(const config::settings& settings) { return {.purchase = purchase_budget_of(settings)}; }

}  // namespace ticketd::roles::api
