#include "messaging/pending_dead_letters.hpp"

#include "ticketd/async/result.hpp"
#include "ticketd/observability/log.hpp"

#include <utility>

namespace ticketd::messaging {

awaitable<std::vector<delivery_outcome>> pending_dead_letters::publish(std::vector<dead_letter> dead_letters) {
  const auto self = shared_from_this();  // the consumer may go away while we wait
  first_number_ += outcomes_.size();     // a late answer to an earlier one finds nobody
  outcomes_.assign(dead_letters.size(), delivery_outcome::unknown);
  unanswered_ = dead_letters.size();
  if (is_stuck_) co_return outcomes_;

  std::vector<outgoing_dead_letter> numbered;
  for (auto& letter : dead_letters) numbered.push_back({first_number_ + numbered.size(), std::move(letter)});
  const auto answered = answered_ = std::make_shared<async::one_shot<bool>>();
  sink_.send(std::move(numbered));
  const bool is_answered = co_await async::wait_until(answered, deadline_in(answer_wait_max_), false);
  answered_.reset();
  if (!is_answered) give_up();
  co_return outcomes_;
}

void pending_dead_letters::give_up() {
  if (sink_.forget_unsent) sink_.forget_unsent();
  if (!std::exchange(is_stuck_, true))
    observability::log_warning(
        "dead_letters.stuck",
        {{"consequence", "the broker sets the messages aside itself, whole and without a reason"}});
}

void pending_dead_letters::on_notification(const dead_letters_notification& notification) {
  const bool was_ready = std::exchange(is_ready_, notification.is_ready);
  if (!was_ready && is_ready_) is_stuck_ = false;
  for (const auto& [number, outcome] : notification.settled) {
    if (outcome != delivery_outcome::unknown) is_stuck_ = false;  // however late
    if (number < first_number_ || number >= first_number_ + outcomes_.size()) continue;
    outcomes_[number - first_number_] = outcome;
    --unanswered_;
  }
  if (!answered_) return;
  if (unanswered_ == 0)
    answered_->deliver(true);
  else if (was_ready && !is_ready_)
    answered_->deliver(false);
}

void pending_dead_letters::close() {
  sink_ = {};
  if (answered_) answered_->deliver(false);
}

}  // namespace ticketd::messaging
