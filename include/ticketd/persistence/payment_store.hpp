// What is to be charged, what was, and what that means for the order: all of it in PostgreSQL, so that a crash at any
// point resumes.
//
// A payment is written with its reservation, before anybody talks to the provider. Whoever claims it has it on lease;
// when the lease runs out (a crash), somebody else asks the provider again under the same idempotency key, which is
// harmless. A payment that certainly never reached the provider ends with its hold (canceled); one whose outcome is
// unknown then is asked about until it is known.
//
// A store is a view on a session, on the session's thread. Failures are database_errc.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ticketd::persistence {

enum class payment_task { charge, refund };

struct due_payment {
  domain::order_id order;
  payment_task task = payment_task::charge;
  domain::money amount;
  std::string intent_id;  // the provider's id; known for a refund
  std::string traceparent;
  int attempts = 0;  // how often it has been claimed, this time included
};

enum class payment_result {
  succeeded,  // charged, or refunded
  declined,   // definitely not charged, and never will be
  unknown,    // no answer, or one that may change: ask again
  not_sent,   // this attempt did not reach the provider: ask again
};

struct payment_outcome {
  domain::order_id order;
  payment_task task = payment_task::charge;
  payment_result result = payment_result::unknown;
  int attempt = 0;                         // due_payment::attempts
  std::string intent_id;                   // where succeeded
  std::chrono::milliseconds ask_again{0};  // where unknown or not sent: how long from now
};

// What the outcomes did, for logs, metrics and caches.
struct order_change {
  domain::order_id order;
  domain::order_status status;  // the new one
  std::string event_id;
};

class payment_store {
 public:
  payment_store(session& on, domain::order_id_mint& mint) noexcept : session_(&on), mint_(&mint) {}

  // Takes up to `most` payments that are due, oldest first, on lease. Payments on somebody else's lease are passed
  // over without waiting.
  [[nodiscard]] awaitable<result<std::vector<due_payment>>> claim(std::size_t most, std::chrono::seconds lease,
                                                                  deadline until);

  // One transaction: confirm with tickets and invoice, or give the tickets back. A charge that succeeded after its
  // hold expired is confirmed if there are tickets left, else its refund becomes due. Outcomes may come twice.
  [[nodiscard]] awaitable<result<std::vector<order_change>>> record(std::span<const payment_outcome> outcomes,
                                                                    deadline until);

  // Expires up to `most` holds whose time is over, and gives their tickets back.
  [[nodiscard]] awaitable<result<std::vector<order_change>>> expire_holds(std::size_t most, deadline until);

 private:
  session* session_;
  domain::order_id_mint* mint_;
};

}  // namespace ticketd::persistence
