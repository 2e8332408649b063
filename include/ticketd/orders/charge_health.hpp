// Whether the provider takes what we send, as its answers to charges say.
//
// It may refuse one order as wrong (something in it that nobody foresaw), or all of them (our settings, our account).
// The first is passed over, and tried again now and then; only where nothing else is understood either, charging slows
// to a probe.
//
// A plain class with the time injected. Thread: one at a time.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace ticketd::orders {

struct health_settings {
  // So many orders are known that were refused as wrong. More: larger claims; those beyond are tried like any other.
  std::size_t refused_max = 1000;
  // While others were understood so lately, so many in a row are taken for their own faults. More: as many orders fail
  // to be charged before our own mistake is noticed.
  std::size_t tolerated = 10;
  std::chrono::seconds lately{10};
};

struct refused_charge {
  domain::order_id order;
  int attempt = 0;  // that was refused: none of its charge's was begun after it, as far as is known here
};

class charge_health {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit charge_health(const health_settings& settings = {}) : settings_(settings) {}

  // What came of a charge.
  void note(const domain::payment_outcome& outcome, time_point now);
  [[nodiscard]] bool is_slowed() const noexcept { return is_slowed_; }

  // Charges that were refused as wrong, and have not been understood since: the longest not tried first.
  [[nodiscard]] const std::vector<refused_charge>& refused() const noexcept { return refused_; }
  // There is nothing to charge for it any more.
  void forget(const domain::order_id& order);

 private:
  health_settings settings_;
  std::vector<refused_charge> refused_;
  std::size_t refused_in_a_row_ = 0;
  std::optional<time_point> understood_at_;
  bool is_slowed_ = false;
};

}  // namespace ticketd::orders
