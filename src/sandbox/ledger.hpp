// The charges and refunds that the sandbox has made. Bounded: of more intents the oldest are forgotten, which is
// harmless, as a charge's outcome is a function of its key; only a repeat that comes later than that counts as new,
// and nobody finds them.
//
// A plain class: one thread, no I/O.
#pragma once

#include "sandbox/outcome.hpp"
#include "sandbox/payment_methods.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ticketd::sandbox {

struct intent {
  std::int64_t amount = 0;
  std::string currency;
  const card_refusal* refusal = nullptr;        // null: it is charged
  std::string order;                            // metadata[order_id]
  std::int64_t created = 0;                     // Unix time
  std::optional<std::uint64_t> refunded_under;  // a digest of the refund's idempotency key
  std::uint64_t parameters = 0;                 // a digest of the request's
};

enum class charge_outcome { charged, declined, other_parameters };
enum class refund_outcome { refunded, already_refunded, not_charged };

// Distinct charges, declines and refunds, and repeats of charges.
struct ledger_counts {
  std::uint64_t charges = 0;
  std::uint64_t repeats = 0;
  std::uint64_t declines = 0;
  std::uint64_t refunds = 0;
  std::int64_t amount_charged = 0;
  std::int64_t amount_refunded = 0;
};

class ledger {
 public:
  ledger(double decline_rate, std::size_t intents_max) : decline_rate_(decline_rate), intents_max_(intents_max) {}

  struct charge {
    std::int64_t amount = 0;
    std::string currency;
    std::uint64_t parameters = 0;
    const card_refusal* refusal = nullptr;  // the card's own
    std::string order{};
    std::int64_t created = 0;
  };
  [[nodiscard]] charge_outcome make_charge(std::string_view idempotency_key, const charge& asked);

  // Of an intent that was forgotten it is only known that it was given out: its refund is made.
  [[nodiscard]] refund_outcome make_refund(const intent_id& id, std::string_view idempotency_key);

  // nullptr if it is not known (any more).
  [[nodiscard]] const intent* find(const intent_id& id) const;

  struct entry {
    intent_id id;
    const intent* what;
  };
  // Up to `most` of those that were made since, the newest first; only those before `after`, where there is such a one.
  // Of one order unless it is empty.
  [[nodiscard]] std::vector<entry> list(std::size_t most, std::int64_t since, const std::optional<intent_id>& after,
                                        std::string_view of) const;

  [[nodiscard]] const ledger_counts& counts() const noexcept { return counts_; }

 private:
  struct hash_of_id {
    std::size_t operator()(const intent_id& id) const noexcept { return id.hash(); }
  };

  intent& remember(const intent_id& id, intent what);

  double decline_rate_;
  std::size_t intents_max_;
  std::unordered_map<intent_id, intent, hash_of_id> intents_;
  std::deque<intent_id> by_age_;
  ledger_counts counts_;
};

}  // namespace ticketd::sandbox
