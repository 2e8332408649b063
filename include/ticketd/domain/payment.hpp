// The words of a payment: what is asked of the provider, what is known of it afterwards, and where the payment stands.
//
// Values: any thread.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::domain {

enum class payment_task {
  charge,
  refund,
  follow_refund,  // one that the provider has taken on: is it made by now?
};

// What is known after one call of the provider, and no more than that.
enum class payment_result {
  succeeded,    // charged, or refunded
  under_way,    // a refund: the provider has taken it on, and makes it in its own time. Ask what became of it
  declined,     // the provider says no for good: nothing was done under this key, and nothing will be
  not_done,     // this call certainly did nothing: it never reached the provider, or was turned away. Ask again
  absent,       // looked up: the provider knows of no charge of the order, whenever asked for
  unknown,      // no answer, or one that may change: it may have been done. Ask again
  our_mistake,  // refused as wrong, certainly not done; the next would be as well: somebody has to look. Ask again
};

[[nodiscard]] bool is_certainly_not_done(payment_result result) noexcept;

// Where a payment stands; the type payment_status of the schema.
enum class payment_status {
  pending,         // not sent yet, or its outcome is unknown
  succeeded,       // the money is in
  declined,        // nothing was charged, and nothing will be
  canceled,        // nothing was charged, and nothing will be: its order is over
  refund_due,      // the money is in, and belongs back
  refund_pending,  // the provider has taken that on, and has not done it yet
  refunded,        // the money is back
  refund_failed,   // the money is in, belongs back, and the provider refuses to give it: for a person to look at
};

[[nodiscard]] std::string_view to_string(payment_status status) noexcept;
[[nodiscard]] std::optional<payment_status> parse_payment_status(std::string_view text) noexcept;

// What the provider is to be asked where a payment stands so; nullopt: nothing any more.
[[nodiscard]] std::optional<payment_task> next_task(payment_status status) noexcept;
// All that is left to know of such a payment stands with its order.
[[nodiscard]] bool ends_with_order(payment_status status) noexcept;

// A payment that somebody has taken on, to ask the provider.
struct due_payment {
  order_id order;  // also the provider's Idempotency-Key
  payment_task task = payment_task::charge;
  money amount;
  std::string intent_id;    // the provider's id; known for a refund
  std::string refund_id{};  // the provider's id of a refund that it has taken on
  std::string traceparent;
  // When the first attempt that may have charged was taken on.
  std::optional<timestamp> first_asked_at{};
  int attempts = 0;              // how often it has been taken on, this time included
  int attempts_not_done = 0;     // of the first of them: these certainly did nothing
  std::string payment_method{};  // what is to be charged, or empty: the setting's. Never logged
};

// What came of it.
struct payment_outcome {
  order_id order;
  payment_task task = payment_task::charge;
  payment_result result = payment_result::unknown;
  int attempt = 0;                         // due_payment::attempts
  std::string intent_id{};                 // of a charge that succeeded
  std::string refund_id{};                 // of a refund that is under way
  std::chrono::milliseconds ask_again{0};  // where that is to be asked again: how long from now
};

}  // namespace ticketd::domain
