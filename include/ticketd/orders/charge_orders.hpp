// The payment stage: charges reserved orders, many at once, and writes the outcomes a batch at a time.
//
// What to do comes from the database alone (payments that are due), so a crash at any point resumes: whoever runs next
// asks the provider again under the same idempotency key. Any number of processes may run a stage; each claims its own.
// It also ends the holds whose time is over.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"

#include <memory>
#include <string>

namespace ticketd::orders {

class charge_orders {
 public:
  // `gateway` null: payments are off, and only the holds of an earlier run are left to end.
  charge_orders(const asio::any_io_executor& executor, persistence::database& database, payment::gateway* gateway,
                const domain::clock& clock, domain::ticket_printer& printer, charge_settings settings,
                commit_listener told, observability::metrics& metrics);
  ~charge_orders();

  // There may be something to charge; returns at once.
  void payments_due();

  // Claims, charges and expires until the executor stops, or drain().
  void start();

  // Claims nothing more; what is in flight goes on. Returns at once.
  void stop();

  // The same, and waits for the charges in flight and until their outcomes are written, at most until the deadline.
  [[nodiscard]] awaitable<> drain(deadline until);

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace ticketd::orders
