// How the payment stage charges, records and ends holds. Set by config, and by the tests.
//
// Values: any thread.
#pragma once

#include "ticketd/async/backoff.hpp"
#include "ticketd/domain/charge_attempts.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/orders/charge_health.hpp"
#include "ticketd/orders/charge_window.hpp"
#include "ticketd/persistence/payment_claims.hpp"

#include <chrono>
#include <cstddef>

namespace ticketd::orders {

struct charge_settings {
  domain::charge_bounds takes{};     // of the provider
  domain::attempt_terms attempts{};  // of one payment
  window_settings window{};          // charges at once, those whose outcome is not yet written included
  health_settings health{};
  std::size_t a_second = 0;  // of this process, at most; 0: as many as the window lets through
  std::chrono::seconds hold = domain::hold_terms{}.hold;  // of an order, from the claim of its first charge on
  // Deadline of one transaction that claims, records or ends holds. Longer: what a crash left is taken up later.
  std::chrono::seconds transaction{5};
  // After a crash a claimed payment waits this long for somebody else: for a call and its recording.
  [[nodiscard]] std::chrono::seconds lease() const {
    return std::chrono::ceil<std::chrono::seconds>(attempts.call) + transaction;
  }
  [[nodiscard]] persistence::claim_terms claiming() const { return {.lease = lease(), .hold = hold}; }
  std::size_t refunds_at_once = 8;      // beside the charges. More: a provider that is busy is busier
  std::chrono::milliseconds poll{500};  // for payments and holds that nobody here was told about
  // A synchronous purchase looks this often at what another request, of the same order, is charging. Shorter: more
  // statements. Longer: a repeat is answered later than its first.
  std::chrono::milliseconds look_again{50};

  // Recording. Outcomes that wait for somebody else's lock. More: larger claims, which pass over their orders.
  std::size_t postponed_max = 1000;
  std::chrono::milliseconds postponed_retry{1000};
  std::chrono::milliseconds database_pause{200};  // after a transaction that failed, before the next
  // Outcomes that the database refuses are kept for so long; while it takes others' they are not: their leases run out,
  // and the provider is asked again. Longer: they take the places of charges that could be made.
  std::chrono::milliseconds refused_most{5000};

  // Holds that end in one transaction. More: longer locks.
  std::size_t holds_batch_max = 500;
  // Of so many times as many it is looked whose they are: an event that somebody holds must not hide the others. More:
  // a longer look at each poll.
  std::size_t holds_looked_at = 20;
  // Before the holds of an event are ended that could not be, while others' could.
  async::backoff_settings event_pauses{std::chrono::milliseconds(500), std::chrono::milliseconds(5000)};

  // Where the provider refuses what we send as wrong, one payment is tried this often instead of all at once: nobody's
  // order is to fail for a mistake of ours. The same where it refuses only some. Shorter: more of the same complaint at
  // the provider.
  std::chrono::milliseconds probe{3000};
};

}  // namespace ticketd::orders
