// Ends the holds whose time is over, an event's apart from another's where one of them is in trouble.
//
// Thread: the executor's. What it is made of outlives it, and it outlives its run().
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/orders/troubled_events.hpp"
#include "ticketd/persistence/database.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ticketd::orders {

class hold_expirer {
 public:
  using listener = std::function<void(std::span<const domain::payment_decision>)>;

  hold_expirer(persistence::database& database, const domain::clock& clock, const charge_settings& settings,
               listener expired);

  // Until the executor stops, or stop().
  [[nodiscard]] awaitable<> run();
  void stop() noexcept { is_stopping_ = true; }

 private:
  [[nodiscard]] awaitable<std::size_t> expire_some();
  [[nodiscard]] awaitable<std::vector<std::string>> events_with_old_holds();
  [[nodiscard]] awaitable<error_code> expire(std::span<const std::string> events, std::size_t& expired);
  void note_failure(std::span<const std::string> events, const error_code& error);

  persistence::database* database_;
  const domain::clock* clock_;
  charge_settings settings_;
  listener expired_;
  troubled_events troubled_;  // their holds cannot be ended
  bool is_stopping_ = false;
};

}  // namespace ticketd::orders
