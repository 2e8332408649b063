#include "messaging/confirm_window.hpp"

#include <algorithm>

namespace ticketd::messaging {

void confirm_window::add(std::uint64_t message) { entries_.push_back(entry{message}); }

std::vector<settled_message> confirm_window::acknowledge(std::uint64_t delivery_tag, bool multiple) {
  return answer(delivery_tag, multiple, delivery_outcome::taken);
}

std::vector<settled_message> confirm_window::reject(std::uint64_t delivery_tag, bool multiple) {
  return answer(delivery_tag, multiple, delivery_outcome::refused);
}

std::vector<settled_message> confirm_window::lose_connection() {
  std::vector<settled_message> settled;
  for (auto& one : entries_) answer_one(one, delivery_outcome::unknown, settled);
  entries_.clear();
  first_tag_ = 1;
  return settled;
}

void confirm_window::mark_returned(std::uint64_t message) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) { return one.message == message; });
  if (found != entries_.end()) found->is_returned = true;
}

std::vector<settled_message> confirm_window::answer(std::uint64_t delivery_tag, bool multiple,
                                                    delivery_outcome outcome) {
  std::vector<settled_message> settled;
  const auto end_tag = first_tag_ + entries_.size();
  if (multiple) {
    // Tag 0 is "all that is outstanding" (AMQP 0-9-1, basic.ack.delivery-tag).
    const auto last = delivery_tag == 0 ? end_tag : std::min(delivery_tag + 1, end_tag);
    for (auto tag = first_tag_; tag < last; ++tag) answer_one(entries_[tag - first_tag_], outcome, settled);
  } else if (delivery_tag >= first_tag_ && delivery_tag < end_tag) {
    answer_one(entries_[delivery_tag - first_tag_], outcome, settled);
  }
  while (!entries_.empty() && entries_.front().is_answered) {
    entries_.pop_front();
    ++first_tag_;
  }
  return settled;
}

void confirm_window::answer_one(entry& one, delivery_outcome outcome, std::vector<settled_message>& settled) {
  if (one.is_answered) return;
  one.is_answered = true;
  settled.push_back({one.message, one.is_returned ? delivery_outcome::not_taken : outcome});
}

}  // namespace ticketd::messaging
