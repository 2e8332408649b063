// The sandbox provider: Stripe's PaymentIntents API, as much of it as ticketd speaks, with slowness, refusals, errors
// and silence on demand.
//
// Thread: the executor's. Outlives the server that its handler answers for.
#pragma once

#include "payments/form.hpp"
#include "payments/ledger.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <random>
#include <string>

namespace ticketd::roles {

class sandbox {
 public:
  sandbox(const asio::any_io_executor& executor, config::sandbox_settings settings);

  [[nodiscard]] awaitable<http::response> handle(http::request&& request);

  // The Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] std::string metrics_text() const;

 private:
  // What goes wrong with a call: drawn anew at each try, unlike the charge's outcome.
  enum class mishap { none, error_before, error_after, silence };

  awaitable<http::response> post_intent(const http::request&, http::path_parameter);
  awaitable<http::response> get_intent(const http::request&, http::path_parameter id);
  awaitable<http::response> post_refund(const http::request&, http::path_parameter);

  [[nodiscard]] awaitable<http::response> perform(std::function<http::response()> act);
  [[nodiscard]] http::response charge(const ledger::charge& asked, std::string_view key);
  [[nodiscard]] http::response refund(const intent_id& id, std::string_view key);
  [[nodiscard]] mishap draw_mishap();
  [[nodiscard]] std::string draw_key();
  [[nodiscard]] awaitable<> wait_a_while();

  static const http::endpoint<sandbox> endpoints[3];

  asio::any_io_executor executor_;
  config::sandbox_settings settings_;
  ledger ledger_;
  std::mt19937_64 chance_{std::random_device{}()};
  std::uint64_t errors_ = 0;
  std::uint64_t silences_ = 0;
};

}  // namespace ticketd::roles
