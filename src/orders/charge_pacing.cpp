#include "orders/charge_pacing.hpp"

#include <algorithm>

namespace ticketd::orders {

using domain::payment_task;

charge_pacing::charge_pacing(const charge_settings& settings)
    : settings_(settings), window_(settings.window), rate_(settings.a_second), health_(settings.health) {}

void charge_pacing::begin(payment_task task) noexcept {
  rate_.take(1);
  ++places_of(task);
}

void charge_pacing::note_answer(const provider_reply& reply, time_point began, time_point now) {
  if (reply.outcome.task == payment_task::charge) {
    window_.note(reply.pace, began, charges_, now);
    health_.note(reply.outcome, now);
  }
  if (reply.pause.count() > 0) paused_until_ = std::max(paused_until_, now + reply.pause);
}

void charge_pacing::end(payment_task task) noexcept { --places_of(task); }

std::size_t charge_pacing::charges_to_claim(time_point now) noexcept {
  return std::min(free_charges(), rate_.available(now));
}

std::size_t charge_pacing::refunds_to_claim(time_point now) noexcept {
  const std::size_t free = settings_.refunds_at_once - std::min(refunds_, settings_.refunds_at_once);
  return is_paused(now) ? 0 : std::min(free, rate_.available(now));
}

charge_pacing::time_point charge_pacing::next_look(time_point now) noexcept {
  const time_point next = rate_.next(now);
  return next > now ? next : now + settings_.poll;
}

std::size_t& charge_pacing::places_of(payment_task task) noexcept {
  return task == payment_task::charge ? charges_ : refunds_;
}

std::size_t charge_pacing::free_charges() const noexcept {
  const std::size_t free = window_.size() - std::min(charges_, window_.size());
  return free * 4 < window_.size() ? 0 : free;
}

}  // namespace ticketd::orders
