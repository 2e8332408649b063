#include "erase.hpp"

#include "ticketd/async/spawn.hpp"
#include "ticketd/domain/buyer.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/erase_buyer.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace ticketd::roles {
namespace {

constexpr std::chrono::seconds connect_max{10};
// It looks through all orders: those of an address have no index of their own.
constexpr std::chrono::minutes time_max{30};

std::string names_of_events_on_sale(const domain::erasure_context& context) {
  std::string names;
  for (const auto& event : context.events)
    if (!event.selling.has_closed(context.at)) names += (names.empty() ? "" : ", ") + event.event_id;
  return names;
}

std::string text_of(const orders::erasure& refused) {
  switch (refused.obstacle) {
    case domain::erasure_obstacle::none:
      return "";
    case domain::erasure_obstacle::sale_runs:
      return "the sale still runs: " + names_of_events_on_sale(refused.context);
    case domain::erasure_obstacle::order_under_way:
      return fmt::format("{} of its orders are not final yet", refused.context.orders_under_way);
    case domain::erasure_obstacle::payment_under_way:
      return fmt::format("{} of its payments are in doubt, or still to be given back (scripts/lab audit names them)",
                         refused.context.payments_under_way);
  }
  return "";
}

int report(const result<orders::erasure>& done, const std::string& address) {
  if (!done || done->obstacle != domain::erasure_obstacle::none) {
    const auto why = done ? text_of(*done) : done.error().message();
    fmt::print(stderr, "ticketd: nothing is erased: {}\n", why);
    return EXIT_FAILURE;
  }
  fmt::print("{} is erased from {} orders\n", domain::canonical_email(address), done->orders);
  return EXIT_SUCCESS;
}

}  // namespace

int erase(const config::settings& settings) {
  asio::io_context context(1);
  observability::metrics metrics;
  auto wanted = settings.database;
  wanted.connections = 1;
  const auto database = persistence::make_database(context.get_executor(), std::move(wanted), metrics);
  int status = EXIT_FAILURE;
  const auto job = [&]() -> awaitable<> {
    const auto done = co_await orders::erase_buyer(*database, settings.erased_address, deadline_in(connect_max),
                                                   deadline_in(time_max));
    status = report(done, settings.erased_address);
    context.stop();
  };
  async::spawn(context.get_executor(), "buyer.erase", job);
  context.run();
  return status;
}

}  // namespace ticketd::roles
