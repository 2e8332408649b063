#include "ticketd/orders/charge_rate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ticketd::orders {

std::size_t charge_rate::available(time_point now) noexcept {
  if (a_second_ == 0) return std::numeric_limits<std::size_t>::max();
  fill(now);
  return tokens_ >= share() ? static_cast<std::size_t>(tokens_) : 0;
}

charge_rate::time_point charge_rate::next(time_point now) noexcept {
  if (available(now) > 0) return now;
  const std::chrono::duration<double> missing((share() - tokens_) / a_second_);
  return now + std::chrono::ceil<time_point::duration>(missing);
}

void charge_rate::take(std::size_t charges) noexcept {
  if (a_second_ > 0) tokens_ -= static_cast<double>(charges);
}

double charge_rate::burst() const noexcept { return std::max(1.0, std::floor(a_second_ / 10)); }
double charge_rate::share() const noexcept { return std::max(1.0, std::floor(a_second_ / 20)); }

void charge_rate::fill(time_point now) noexcept {
  const std::chrono::duration<double> passed = now - filled_at_;
  tokens_ = std::min(burst(), tokens_ + passed.count() * a_second_);
  filled_at_ = now;
}

}  // namespace ticketd::orders
