#include "ticketd/async/backoff.hpp"

#include <algorithm>

namespace ticketd::async {

std::chrono::milliseconds backoff::next() {
  constexpr int shifts_that_cannot_overflow = 20;
  const auto doubled = settings_.first * (1 << std::min(tries_, shifts_that_cannot_overflow));
  ++tries_;
  const auto whole = std::min(doubled, settings_.most).count();
  std::uniform_int_distribution<std::chrono::milliseconds::rep> upper_half(whole / 2, whole);
  return std::chrono::milliseconds(upper_half(random_));
}

}  // namespace ticketd::async
