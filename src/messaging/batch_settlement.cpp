#include "messaging/batch_settlement.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace ticketd::messaging {

batch_settlement::batch_settlement(const order_batch& batch, std::vector<dead_letter> undecidable)
    : dead_letters_(batch.malformed) {
  std::multimap<domain::order_id, std::size_t> dead_letters_of;
  for (auto& dead_letter : undecidable) {
    if (dead_letter.order) dead_letters_of.emplace(*dead_letter.order, dead_letters_.size());
    dead_letters_.push_back(std::move(dead_letter));
  }

  std::size_t order = 0;
  std::size_t malformed = 0;
  for (const auto& delivery : batch.deliveries) {
    delivery_with_dead_letters waiting{delivery.tag, {}};
    for (const auto end = malformed + delivery.malformed; malformed < end; ++malformed)
      waiting.dead_letters.push_back(malformed);
    for (const auto end = order + delivery.orders; order < end && !dead_letters_of.empty(); ++order) {
      const auto [first, last] = dead_letters_of.equal_range(batch.orders[order].id);
      for (auto found = first; found != last; ++found) waiting.dead_letters.push_back(found->second);
    }
    if (!waiting.dead_letters.empty())
      waiting_.push_back(std::move(waiting));
    else if (waiting_.empty())
      at_once_.assign(1, {delivery.tag, delivery_verdict::acknowledge_up_to});
    else
      at_once_.push_back({delivery.tag, delivery_verdict::acknowledge});  // not over one that waits
  }
}

std::vector<delivery_answer> batch_settlement::afterwards(std::span<const delivery_outcome> dead_letters) const {
  std::vector<delivery_answer> answers;
  for (const auto& [tag, of_it] : waiting_) {
    const bool are_taken =
        std::ranges::all_of(of_it, [&](std::size_t letter) { return dead_letters[letter] == delivery_outcome::taken; });
    answers.push_back({tag, are_taken ? delivery_verdict::acknowledge : delivery_verdict::set_aside});
  }
  return answers;
}

void drop_malformed(order_batch& batch, const std::vector<bool>& have_ended) {
  std::vector<dead_letter> kept;
  std::size_t next = 0;
  for (auto& delivery : batch.deliveries) {
    const auto before = kept.size();
    for (const auto end = next + delivery.malformed; next < end; ++next)
      if (!have_ended[next]) kept.push_back(std::move(batch.malformed[next]));
    delivery.malformed = kept.size() - before;
  }
  batch.malformed = std::move(kept);
}

}  // namespace ticketd::messaging
