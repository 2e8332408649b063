// The payment stage: charges reserved orders, many at once, and writes the outcomes a batch at a time.
//
// What to do comes from the database alone (payments that are due), so a crash at any point resumes: whoever runs next
// asks the provider again under the same idempotency key. Any number of processes may run a stage; each claims its own.
// It also ends the holds whose time is over.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/signal.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/payment_store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ticketd::orders {

struct charge_settings {
  std::size_t in_flight = 64;             // charges at once, those whose outcome is not yet written included
  std::chrono::milliseconds call{10000};  // deadline of one call of the provider
  // After a crash a claimed payment waits this long for somebody else: longer than a call and its recording.
  [[nodiscard]] std::chrono::seconds lease() const {
    return std::chrono::ceil<std::chrono::seconds>(call) + std::chrono::seconds(5);
  }
  std::chrono::milliseconds poll{500};          // for payments and holds that nobody here was told about
  std::chrono::milliseconds retry_first{250};   // an unknown outcome is asked about again after this, doubling ...
  std::chrono::milliseconds retry_most{30000};  // ... up to this
};

class charge_orders {
 public:
  // `gateway` null: payments are off, and only the holds of an earlier run are left to end.
  charge_orders(const asio::any_io_executor& executor, persistence::database& database, payment::gateway* gateway,
                domain::order_id_mint& mint, charge_settings settings,
                std::function<void(const std::string& event_id)> stock_changed, observability::metrics& metrics);
  ~charge_orders();

  // There may be something to charge; returns at once.
  void payments_due();

  // Claims, charges and expires until the executor stops, or drain().
  void start();

  // Claims nothing more; waits for the charges in flight and writes their outcomes, at most until the deadline.
  [[nodiscard]] awaitable<> drain(deadline until);

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

// Asks the provider once. Never fails: what can't be known is payment_result::unknown.
[[nodiscard]] awaitable<persistence::payment_outcome> ask_provider(payment::gateway& gateway,
                                                                   persistence::due_payment due,
                                                                   const charge_settings& settings);

// What became of orders through payment, into logs and metrics.
void report_changes(const std::vector<persistence::order_change>& changes, observability::metrics& metrics);

}  // namespace ticketd::orders
