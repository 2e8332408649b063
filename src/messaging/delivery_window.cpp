#include "messaging/delivery_window.hpp"

#include <algorithm>

namespace ticketd::messaging {

namespace {

// The weight of one message in the mean: about the last twenty count.
constexpr double weight = 0.05;
// Sizes vary: with a prefetch that only just fits, every second window would be too much.
constexpr double share_of_bytes = 0.5;

}  // namespace

std::uint16_t delivery_window::open() {
  sizes_.clear();
  first_tag_ = 1;
  held_ = 0;
  has_overflowed_ = false;
  messages_ = fitting_messages();
  return messages_;
}

bool delivery_window::admit(std::size_t bytes) {
  mean_bytes_ += weight * (static_cast<double>(bytes) - mean_bytes_);
  // One alone is always taken: else it would be in the way for ever.
  if (!sizes_.empty() && held_ + bytes > bounds_.bytes_max) has_overflowed_ = true;
  if (has_overflowed_) return false;
  sizes_.push_back(bytes);
  held_ += bytes;
  return true;
}

void delivery_window::release_up_to(std::uint64_t delivery_tag) {
  for (; !sizes_.empty() && first_tag_ <= delivery_tag; ++first_tag_) {
    held_ -= sizes_.front();
    sizes_.pop_front();
  }
}

bool delivery_window::is_outgrown() const noexcept { return has_overflowed_ || fitting_messages() / 2 >= messages_; }

std::uint16_t delivery_window::fitting_messages() const noexcept {
  const auto bytes = share_of_bytes * static_cast<double>(bounds_.bytes_max);
  const auto fitting = bytes / std::max(mean_bytes_, 1.0);
  return static_cast<std::uint16_t>(std::clamp(fitting, 1.0, static_cast<double>(bounds_.messages_max)));
}

}  // namespace ticketd::messaging
