// The sandbox provider: Stripe's PaymentIntents API, as much of it as ticketd speaks, with slowness, refusals, errors
// and silence on demand.
//
// Thread: the executor's. Outlives the server that its handler answers for.
#pragma once

#include "ticketd/http/message.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace ticketd::sandbox {

// What the provider says whatever it is asked, as long as it is in this mood.
enum class mood {
  well,
  unauthorized,       // 401
  forbidden,          // 403
  too_many_requests,  // 429, with Retry-After
  unavailable,        // 503
  invalid_request,    // 400 to each charge, for no fault of the order's
  silent,             // charges and refunds are made, and nothing is ever answered
  key_taken,          // charges are made, and answered with an idempotency_error
  refunds_refused,    // 400 to each refund
  refunds_pending,    // refunds are taken on, and not made as long as this lasts
};

// How the provider behaves.
struct sandbox_settings {
  std::chrono::milliseconds latency{80};  // of an answer, on average
  std::chrono::milliseconds jitter{20};   // up to this much more or less; never more than the latency
  double decline_rate = 0;                // 0 to 1; a function of the idempotency key, so a repeat hears the same
  double error_rate = 0;                  // 0 to 1; a 500, half of them after the charge was made
  sandbox::mood mood = sandbox::mood::well;
  double hang_rate = 0;  // 0 to 1; the charge is made, and the answer never comes
  // Of so many charges it knows what became of them, a whole sale of the lab. More: memory, 200 MB for these.
  std::size_t intents_max = 1'000'000;
};

class provider {
 public:
  virtual ~provider() = default;

  // For http::make_server().
  [[nodiscard]] virtual awaitable<http::response> handle(http::request&& request) = 0;

  // The Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] virtual std::string metrics_text() const = 0;
};

[[nodiscard]] std::unique_ptr<provider> make_provider(const asio::any_io_executor& executor, sandbox_settings settings);

}  // namespace ticketd::sandbox
