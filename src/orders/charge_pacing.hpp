// How much of the provider may be asked, and when: by the calls that are under way, the rate that is allowed, what its
// answers say of how much it takes and whether it understands us, and the pauses that it asks for.
//
// A plain class with the time injected. Thread: one.
#pragma once

#include "ticketd/domain/payment.hpp"
#include "ticketd/orders/ask_provider.hpp"
#include "ticketd/orders/charge_health.hpp"
#include "ticketd/orders/charge_rate.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/orders/charge_window.hpp"

#include <chrono>
#include <cstddef>

namespace ticketd::orders {

class charge_pacing {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit charge_pacing(const charge_settings& settings);

  // A call begins, is answered, and its outcome is written or given up: until then it takes a place.
  void begin(domain::payment_task task) noexcept;
  void note_answer(const provider_reply& reply, time_point began, time_point now);
  void end(domain::payment_task task) noexcept;

  // Charges that may be claimed now; none while less than a quarter of the window is free, so that a claim, too, is
  // shared by many payments.
  [[nodiscard]] std::size_t charges_to_claim(time_point now) noexcept;
  // Refunds have a few places of their own: one that hangs takes none of a charge's, nor does a charge that is refused.
  [[nodiscard]] std::size_t refunds_to_claim(time_point now) noexcept;
  // When to look for charges again where there was nothing to claim.
  [[nodiscard]] time_point next_look(time_point now) noexcept;

  // Nothing is asked of a provider that asks for a pause, until it is over.
  [[nodiscard]] bool is_paused(time_point now) const noexcept { return now < paused_until_; }
  [[nodiscard]] time_point paused_until() const noexcept { return paused_until_; }
  // While charging is slowed one charge at a time is tried.
  [[nodiscard]] bool may_probe() const noexcept { return charges_ == 0; }
  // Whether it is time for one of health().refused().
  [[nodiscard]] bool is_turn_of_refused(time_point now) const noexcept { return now >= next_refused_at_; }
  void note_refused_tried(time_point now) noexcept { next_refused_at_ = now + settings_.probe; }

  [[nodiscard]] bool is_idle() const noexcept { return charges_ + refunds_ == 0; }
  [[nodiscard]] std::size_t charges_at_once_max() const noexcept { return window_.size(); }
  [[nodiscard]] charge_health& health() noexcept { return health_; }
  [[nodiscard]] const charge_health& health() const noexcept { return health_; }

 private:
  [[nodiscard]] std::size_t& places_of(domain::payment_task task) noexcept;
  [[nodiscard]] std::size_t free_charges() const noexcept;

  charge_settings settings_;
  charge_window window_;
  charge_rate rate_;
  charge_health health_;
  std::size_t charges_ = 0;
  std::size_t refunds_ = 0;
  time_point paused_until_{};
  time_point next_refused_at_{};
};

}  // namespace ticketd::orders
