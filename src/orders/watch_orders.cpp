#include "ticketd/orders/watch_orders.hpp"

#include "ticketd/domain/order_version.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::orders {

void watch_orders::note_changed(std::span<const domain::order_id> orders) {
  watchers_.note_changed(orders);
  if (watchers_.is_any_due()) is_due_.set();
}

awaitable<> watch_orders::run() {
  deadline next_poll = deadline_in(settings_.poll);
  for (;;) {
    co_await is_due_.wait_until(next_poll);
    const bool is_poll = std::chrono::steady_clock::now() >= next_poll;
    if (is_poll) next_poll = deadline_in(settings_.poll);
    auto known = is_poll ? watchers_.all() : watchers_.take_due();
    co_await ask_about(std::move(known));
  }
}

// A database that does not answer is asked again with the next poll.
awaitable<> watch_orders::ask_about(std::vector<persistence::known_order> known) {
  for (std::size_t begin = 0; begin < known.size(); begin += settings_.batch_max) {
    const std::span part(known.data() + begin, std::min(settings_.batch_max, known.size() - begin));
    const deadline until = deadline_in(settings_.query);
    const auto changed = co_await persistence::with_session(
        *database_, until, [&](persistence::session& on) { return on.orders().find_changed(part, until); });
    if (!changed) co_return;
    const auto now = clock_->now();
    for (const auto& order : *changed)
      if (watchers_.tell(order))
        metrics_->change_told_seconds.Observe(std::chrono::duration<double>(now - order.updated_at).count());
  }
}

}  // namespace ticketd::orders
