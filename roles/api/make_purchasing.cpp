#include "api/make_purchasing.hpp"

#include "api/async_purchasing.hpp"
#include "api/sync_purchasing.hpp"

namespace ticketd::roles::api {
namespace {

std::unique_ptr<purchasing> make_asynchronous(selling_parts& parts, catalog::event_reader& events,
                                              orders::order_finder& finder, const time_budgets& budgets) {
  const auto& settings = parts.settings;
  return make_async_purchasing(
      {.executor = parts.executor,
       .events = events,
       .finder = finder,
       .publisher = messaging::make_order_publisher(parts.executor, settings.publisher, parts.metrics),
       .cache = parts.cache.get(),
       .mint = parts.mint,
       .clock = parts.clock,
       .settled_wait = budgets.settled,
       .placing = {.look_up_max = budgets.look_up,
                   .payment_wait_max = settings.hold.payment_wait_max,
                   .takes = settings.charge_bounds}});
}

std::unique_ptr<purchasing> make_synchronous(selling_parts& parts, catalog::event_reader& events,
                                             orders::watch_orders& watchers) {
  return make_sync_purchasing(
      {.executor = parts.executor,
       .events = events,
       .database = *parts.database,
       .gateway = parts.make_gateway(),
       .mint = parts.mint,
       .clock = parts.clock,
       .printer = parts.printer,
       .rules = settlement_rules_of(parts.settings),
       .charging = charge_settings_of(parts.settings),
       .told = {parts.stock_changed(), [&watchers](auto changed) { watchers.note_changed(changed); }},
       .metrics = parts.metrics});
}

}  // namespace

std::unique_ptr<purchasing> make_purchasing(selling_parts& parts, catalog::event_reader& events,
                                            orders::order_finder& finder, orders::watch_orders& watchers,
                                            const time_budgets& budgets) {
  switch (parts.settings.purchase) {
    case config::purchase_mode::async:
      return make_asynchronous(parts, events, finder, budgets);
    case config::purchase_mode::sync:
      return make_synchronous(parts, events, watchers);
  }
  return nullptr;
}

}  // namespace ticketd::roles::api
