#include "ticketd/orders/charge_window.hpp"

#include <algorithm>

namespace ticketd::orders {

using domain::payment_result;

charge_window::charge_window(window_settings settings)
    : settings_(settings),
      size_(static_cast<double>(
          std::clamp(settings.first, std::min(settings.floor, settings.ceiling), settings.ceiling))) {}

void charge_window::note(payment_result result, time_point began, std::size_t in_flight, time_point now) noexcept {
  const auto floor = static_cast<double>(std::min(settings_.floor, settings_.ceiling));
  switch (result) {
    case payment_result::succeeded:
    case payment_result::under_way:
    case payment_result::declined: {
      const bool is_in_use = static_cast<double>(in_flight) * 2 >= size_;
      if (is_in_use) size_ = std::min(size_ + 1 / size_, static_cast<double>(settings_.ceiling));
      return;
    }
    case payment_result::not_done:
    case payment_result::unknown:
      if (began < narrowed_at_) return;  // began before it was narrowed
      size_ = std::max(size_ / 2, floor);
      narrowed_at_ = now;
      return;
    case payment_result::absent:
    case payment_result::our_mistake:
      return;  // slowed otherwise
  }
}

}  // namespace ticketd::orders
