#include "migrate.hpp"

#include "schema.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <stdexcept>

namespace ticketd::roles {
namespace {

// For the database to be there. Longer: whoever waits for this hears later that it is not.
constexpr auto reachable_max = std::chrono::minutes(1);

awaitable<result<void>> migrate_once_reachable(const asio::any_io_executor& executor, persistence::database& database) {
  const schema_settings settings;
  const deadline until = deadline_in(reachable_max);
  async::backoff backoff(settings.pauses);
  for (;;) {
    auto outcome = co_await database.migrate(deadline_in(settings.migration_max));
    const bool is_away = outcome.has_error() && outcome.error() == persistence::database_errc::unreachable;
    if (!is_away || std::chrono::steady_clock::now() >= until) co_return outcome;
    co_await async::pause(executor, backoff.next());
  }
}

}  // namespace

void migrate(const config::settings& settings) {
  observability::metrics metrics;
  asio::io_context context(1);
  const auto database = persistence::make_database(context.get_executor(), settings.database, metrics);
  result<void> outcome;
  async::spawn(context.get_executor(), "schema.migrate", [&]() -> awaitable<> {
    outcome = co_await migrate_once_reachable(context.get_executor(), *database);
    context.stop();
  });
  context.run();
  if (!outcome)
    throw std::runtime_error("the schema is not up to date: " + outcome.error().message() +
                             "; the log has the statement");
}

}  // namespace ticketd::roles
