// The payment stage: charges reserved orders, many at once, and writes the outcomes a batch at a time.
//
// What to do comes from the database alone (payments that are due), so a crash at any point resumes: whoever runs next
// asks the provider again under the same idempotency key. Any number of processes may run a stage; each claims its own.
// It also ends the holds whose time is over.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/charge_rate.hpp"
#include "ticketd/orders/charge_window.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/payment_store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ticketd::orders {

struct charge_settings {
  domain::charge_bounds takes{};          // of the provider
  window_settings window{};               // charges at once, those whose outcome is not yet written included
  std::size_t a_second = 0;               // of this process, at most; 0: as many as the window lets through
  std::chrono::milliseconds call{10000};  // deadline of one call of the provider
  std::chrono::seconds hold = domain::hold_terms{}.hold;  // of an order, from the claim of its first charge on
  std::chrono::seconds transaction{5};  // deadline of one transaction that claims, records or ends holds
  // After a crash a claimed payment waits this long for somebody else: for a call and its recording.
  [[nodiscard]] std::chrono::seconds lease() const {
    return std::chrono::ceil<std::chrono::seconds>(call) + transaction;
  }
  [[nodiscard]] persistence::claim_terms claiming() const { return {.lease = lease(), .hold = hold}; }
  std::size_t refunds_at_once = 8;   // beside the charges. More: a provider that is busy is busier
  std::size_t held_back_max = 1000;  // outcomes that wait for somebody else's lock
  std::chrono::milliseconds held_back_retry{1000};
  std::size_t holds_batch_max = 500;              // holds that end in one transaction. More: longer locks
  std::chrono::milliseconds database_pause{200};  // after a transaction that failed, before the next
  // Outcomes that the database refuses are kept for so long; while it takes others' they are not: their leases run out,
  // and the provider is asked again. Longer: they take the places of charges that could be made.
  std::chrono::milliseconds refused_most{5000};
  // Before the holds of an event are ended that could not be, while others' could.
  async::backoff_settings event_pauses{std::chrono::milliseconds(500), std::chrono::milliseconds(5000)};
  // Where the provider refuses what we send as wrong, one payment is tried this often instead of all at once: nobody's
  // order is to fail for a mistake of ours. The same where it refuses only some. Shorter: more of the same complaint at
  // the provider.
  std::chrono::milliseconds probe{3000};
  std::chrono::seconds pause_most{300};  // where the provider asks for more, it is asked again all the same
  // A repeat under the same key is the same charge while the provider remembers the key: for 24 hours (Stripe,
  // "Idempotent requests"). From this age of the first attempt on, the charge is looked up instead.
  std::chrono::hours key_memory{23};
  std::chrono::hours look_up_lag{1};  // so much later a look-up that finds nothing is believed: see gateway::look_up()
  std::chrono::milliseconds poll{500};            // for payments and holds that nobody here was told about
  std::chrono::milliseconds retry_first{250};     // an unknown outcome is asked about again after this, doubling ...
  std::chrono::milliseconds retry_most{30000};    // ... up to this
  std::chrono::milliseconds follow_most{600000};  // or this, about a refund that is under way: that takes days
};

class charge_orders {
 public:
  // `gateway` null: payments are off, and only the holds of an earlier run are left to end.
  charge_orders(const asio::any_io_executor& executor, persistence::database& database, payment::gateway* gateway,
                const domain::clock& clock, domain::ticket_printer& printer, charge_settings settings,
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

struct provider_reply {
  domain::payment_outcome outcome;
  payment::provider_pace pace = payment::provider_pace::unsaid;
  std::chrono::seconds pause{0};  // what the provider asks for before anything else is sent
};

// Asks the provider once, until then. Never fails: what can't be known is payment_result::unknown.
[[nodiscard]] awaitable<provider_reply> ask_provider(payment::gateway& gateway, domain::due_payment due,
                                                     const charge_settings& settings, domain::timestamp now,
                                                     deadline until);

struct recorded_outcomes {
  std::vector<domain::payment_decision> decisions;
  std::vector<domain::order_id> passed_over;  // that somebody else holds: nothing is written of them
};

// Writes outcomes in one transaction: reads under lock, decides, prints, commits. The leases of what is passed over run
// out, and the provider is asked again under the same keys. Fails with database_errc.
[[nodiscard]] awaitable<result<recorded_outcomes>> record_outcomes(persistence::payment_store& store,
                                                                   domain::ticket_printer& printer,
                                                                   std::span<const domain::payment_outcome> outcomes,
                                                                   deadline until);

// Ends up to `most` of these events' holds whose time is over, in one transaction. Fails with database_errc.
[[nodiscard]] awaitable<result<std::vector<domain::payment_decision>>> expire_old_holds(
    persistence::payment_store& store, std::span<const std::string> events, std::size_t most, deadline until);

// What became of orders through payment, into the metrics.
void report_decisions(std::span<const domain::payment_decision> decisions, observability::metrics& metrics);

}  // namespace ticketd::orders
