#include "api/missing_secrets.hpp"

#include "ticketd/observability/log.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::roles::api {

awaitable<> missing_secrets::look(deadline until) {
  const auto events = co_await events_->list(until);
  if (!events) co_return;
  const auto now = clock_->now();
  const auto missing = std::ranges::find_if(*events, [&](const auto& event) {
    return !mint_->knows(event->secret_generation) && !event->selling().has_closed(now);
  });
  is_any_unnamed_ = std::ranges::any_of(*events, [](const auto& event) { return event->secret_generation.empty(); });
  const bool was_any = std::exchange(is_any_, missing != events->end());
  if (is_any_ && !was_any) observability::log_warning("secret.missing", {{"event", (*missing)->id}});
}

}  // namespace ticketd::roles::api
