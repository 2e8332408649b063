// What every role that sells is made of, wired once: the api's and the worker's stores, cache and rules.
//
// Thread: the executor's. Owned by its role, and outlives all that is made of it.
#pragma once

#include "ticketd/cache/versioned_cache.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/observability/ops.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/database_clock.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ticketd::roles {

// As the flags have it: of the payment stage, and of what becomes of a reservation.
[[nodiscard]] orders::charge_settings charge_settings_of(const config::settings& settings);
[[nodiscard]] orders::settlement_rules settlement_rules_of(const config::settings& settings);

class selling_parts {
 public:
  // Throws std::invalid_argument for a URL that is none. A server that is not there is no failure.
  selling_parts(const asio::any_io_executor& executor, const config::settings& settings);
  selling_parts(const selling_parts&) = delete;
  selling_parts& operator=(const selling_parts&) = delete;

  // Null with --payments=off.
  [[nodiscard]] std::unique_ptr<payment::gateway> make_gateway();
  // What is to be called for each event whose stock has changed.
  [[nodiscard]] std::function<void(const std::string& event_id)> stock_changed();
  // Of /readyz: the database (once the role has said that it is prepared), and Redis where there is one, which nobody
  // needs.
  enum class need { database, nothing };
  [[nodiscard]] std::vector<observability::dependency> dependencies(need of);

  // Spawns what every role that sells does beside its work.
  void start();

  // Waits for the database, however long, and brings its schema up to date (schema.hpp).
  [[nodiscard]] awaitable<> bring_schema_up_to_date();
  // Events that were made before generations of the secret were kept, or by a replica that keeps none, are under the
  // one that there is. While it is the only one, this is known: written down, it still is when there are others.
  [[nodiscard]] awaitable<> name_old_secret();
  // The schema is up to date, and what the role needs is in it.
  void note_prepared();

  const asio::any_io_executor executor;
  const config::settings settings;
  observability::metrics metrics;
  domain::order_id_mint mint;
  domain::ticket_printer printer;
  const std::unique_ptr<persistence::database> database;
  persistence::database_clock clock;
  const std::unique_ptr<cache::versioned_cache> cache;  // null with --cache=off
  catalog::availability_publisher availability;

 private:
  bool is_prepared_ = false;
};

}  // namespace ticketd::roles
