// How the provider is asked again: when, whether for the charge or only about it, and what a look-up proves.
//
// Pure functions, with the time as a parameter; nothing here is thread-bound.
#pragma once

#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <chrono>

namespace ticketd::domain {

struct attempt_terms {
  std::chrono::milliseconds call{10000};  // deadline of one call. Longer: a place of a charge is taken for longer
  // After so many times that, no earlier call of ours is at work on a charge any more. More: a refusal is believed
  // later.
  int calls_at_work = 6;
  // An unknown outcome is asked about again after this, doubling ... Shorter: more calls of a provider in trouble.
  std::chrono::milliseconds retry_first{250};
  std::chrono::milliseconds retry_most{30000};    // ... up to this ...
  std::chrono::milliseconds follow_most{600000};  // ... or this, about a refund that is under way: that takes days
  std::chrono::seconds pause_most{300};           // where the provider asks for more, it is asked again all the same
  // A repeat under the same key is the same charge while the provider remembers the key: for 24 hours (Stripe,
  // "Idempotent requests"). From this age of the first attempt on, the charge is looked up instead. Longer: two charges
  // of one order.
  std::chrono::hours key_memory{23};
  std::chrono::hours look_up_lag{1};  // so much later a look-up that finds nothing is believed: see gateway::look_up()
};

// Whether an earlier attempt may have charged.
[[nodiscard]] bool is_in_doubt(const due_payment& due) noexcept;

// After the provider's memory of the key a repeat would be another charge. Before, every other attempt at a charge in
// doubt is a look-up: a repeat may hang, or hear the same, for ever.
[[nodiscard]] bool is_to_be_looked_up(const due_payment& due, timestamp now, const attempt_terms& terms) noexcept;

// What is known of a charge of which a look-up says this.
[[nodiscard]] payment_result judge_look_up(payment_result seen, const due_payment& due, timestamp now,
                                           const attempt_terms& terms) noexcept;

// How long to wait before the provider is asked again, as far as it does not ask for more.
[[nodiscard]] std::chrono::milliseconds wait_before_next(const due_payment& due, const attempt_terms& terms) noexcept;

}  // namespace ticketd::domain
