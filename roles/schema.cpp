#include "schema.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"

#include <stdexcept>
#include <utility>

namespace ticketd::roles {

awaitable<> bring_schema_up_to_date(const asio::any_io_executor& executor, persistence::database& database,
                                    schema_settings settings) {
  async::backoff backoff(settings.pauses);
  bool has_said_so = false;
  for (;;) {
    const auto migrated = co_await database.migrate(deadline_in(settings.migration_max));
    if (migrated) co_return;
    if (!persistence::is_transient(migrated.error()))
      throw std::runtime_error("the schema can't be brought up to date: " + migrated.error().message());
    // Read-only for now, or a privilege that is still to be granted: the log has the statement, and this role is not
    // ready.
    if (!std::exchange(has_said_so, true))
      observability::log_warning("database.migration_waits", {{"error", migrated.error().message()}});
    co_await async::pause(executor, backoff.next());
  }
}

}  // namespace ticketd::roles
