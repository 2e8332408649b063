// Tells who watches orders what has become of them: at once where somebody says that they have changed (a notice of a
// worker, or what this process has written itself), and within a second in any case, by asking the database for all
// that are watched. A thousand who watch cost the database as many statements as one: notices that come in while a
// statement is under way share the next one.
//
// Thread: the executor's. Database, clock and metrics outlive it, and it outlives what runs on the executor.
#pragma once

#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/order_watchers.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <span>

namespace ticketd::orders {

struct watch_settings {
  // How often all that are watched are asked about. Longer: what no notice told is heard later; shorter: more work for
  // the database (10,000 orders take it some 20 ms).
  std::chrono::milliseconds poll{1000};
  // Orders a statement. More: fewer statements, and longer ones, behind which a session is not free.
  std::size_t batch_max = 5000;
  std::chrono::milliseconds query{2000};  // of one statement
};

class watch_orders {
 public:
  watch_orders(const asio::any_io_executor& executor, persistence::database& database, const domain::clock& clock,
               watch_settings settings, observability::metrics& metrics)
      : database_(&database), clock_(&clock), settings_(settings), metrics_(&metrics), is_due_(executor) {}

  [[nodiscard]] order_watchers& watchers() noexcept { return watchers_; }

  // These have changed; returns at once.
  void note_changed(std::span<const domain::order_id> orders);

  // Until the executor stops.
  [[nodiscard]] awaitable<> run();

 private:
  [[nodiscard]] awaitable<> ask_about(std::vector<persistence::known_order> known);

  persistence::database* database_;
  const domain::clock* clock_;
  watch_settings settings_;
  observability::metrics* metrics_;
  order_watchers watchers_;
  async::auto_reset_event is_due_;
};

}  // namespace ticketd::orders
