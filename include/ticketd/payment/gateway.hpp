// The payment provider, spoken to in the subset of Stripe's PaymentIntents API that ticketd needs: the sandbox,
// Stripe's own mock server and Stripe's test mode are interchangeable.
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::payment {

struct gateway_settings {
  std::string url;                              // of the provider, without /v1
  std::string ca_file{};                        // who vouches for it: PEM. Empty: whom the system trusts
  std::string api_key;                          // a bearer token; the sandbox takes any
  std::string payment_method = "pm_card_visa";  // the lab has no buyers' cards: Stripe's test card
  std::size_t connections = 64;                 // calls in flight at once
  // Of one answer: a list of a hundred intents, of some kilobytes each. More: memory, of each connection.
  std::size_t answer_max = 2 * 1024 * 1024;
  // Their clock and ours differ by no more. Longer: a list in which the newest hundred reach less far back.
  std::chrono::minutes clocks_differ{5};
};

// What a call says about how much the provider takes, whatever became of the charge.
enum class provider_pace {
  kept_up,   // it answered what it was asked
  too_much,  // it asks for less (429), can't be reached, or did not answer in time
  unsaid,    // an error of its own, or of ours
};

struct charge_answer {
  domain::payment_result result = domain::payment_result::unknown;
  std::string intent_id;    // of a charge that succeeded
  std::string refund_id{};  // of a refund that is under way
  std::string detail;       // for the log
  provider_pace pace = provider_pace::unsaid;
  std::chrono::seconds retry_after{0};  // with too_much: what the provider asks for, where it does
};

struct charge_request {
  domain::order_id order;  // also the provider's Idempotency-Key
  domain::money amount;
  std::string traceparent;
  std::string payment_method{};                       // or empty: the setting's. Never logged
  std::optional<domain::timestamp> first_asked_at{};  // no charge of the order is older than that
  bool is_in_doubt = false;                           // an earlier attempt may have charged
};

class gateway {
 public:
  virtual ~gateway() = default;

  // POST /v1/payment_intents with confirm=true.
  [[nodiscard]] virtual awaitable<charge_answer> charge(const charge_request& request, deadline until) = 0;

  // Looks for a charge of the order, whatever key it was asked for under, and asks for none. `absent` may be an hour
  // old: who goes by it has not asked for the charge in the meantime.
  [[nodiscard]] virtual awaitable<charge_answer> look_up(const charge_request& request, deadline until) = 0;

  // POST /v1/refunds of a whole intent. `declined`: it is not made, and will not be (already refunded counts as
  // succeeded). `under_way`: it is made later, or not at all; a repeat would hear the same, so follow_refund() has to
  // be asked.
  [[nodiscard]] virtual awaitable<charge_answer> refund(const charge_request& request, std::string_view intent_id,
                                                        deadline until) = 0;

  // GET /v1/refunds/{id}: what became of one that is under way.
  [[nodiscard]] virtual awaitable<charge_answer> follow_refund(const charge_request& request,
                                                               std::string_view refund_id, deadline until) = 0;
};

// Throws std::invalid_argument for a URL that is none.
[[nodiscard]] std::unique_ptr<gateway> make_gateway(const asio::any_io_executor& executor, gateway_settings settings,
                                                    observability::metrics& metrics);

}  // namespace ticketd::payment
