#include "ticketd/persistence/database_clock.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/persistence/database.hpp"

#include <algorithm>

namespace ticketd::persistence {
namespace {

using std::chrono::microseconds;

microseconds since_start(std::chrono::steady_clock::time_point moment) noexcept {
  return std::chrono::duration_cast<microseconds>(moment.time_since_epoch());
}

}  // namespace

domain::timestamp database_clock::at(time_point moment) const noexcept {
  if (!offset_) return domain::now() + (since_start(moment) - since_start(steady()));
  return domain::timestamp(since_start(moment) + offset_->ahead);
}

// Clocks drift by less than a thousandth.
microseconds database_clock::uncertainty_at(time_point moment) const noexcept {
  return offset_->uncertainty + std::chrono::duration_cast<microseconds>((moment - offset_->heard_at) / 1000);
}

// What was heard in a shorter time is nearer to the truth. An answer that contradicts it is of a clock that was set, or
// of another database.
void database_clock::observe(domain::timestamp said, time_point asked, time_point answered) noexcept {
  const microseconds half = (since_start(answered) - since_start(asked)) / 2;
  const offset heard{said.time_since_epoch() - (since_start(asked) + half), half, answered};
  if (offset_) {
    const auto known = uncertainty_at(answered);
    const bool is_contradiction = std::chrono::abs(heard.ahead - offset_->ahead) > heard.uncertainty + known;
    if (!is_contradiction && heard.uncertainty > known) return;
  }
  offset_ = heard;
}

awaitable<> database_clock::follow(database& of) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    const deadline until = deadline_in(settings_.answer);
    auto session = co_await of.acquire(until);
    if (session) {
      const auto asked = steady();
      const auto said = co_await (*session)->time(until);
      if (said) observe(*said, asked, steady());
      session->reset();
    }
    co_await async::pause(executor, offset_ ? settings_.look_every : settings_.look_until_first);
  }
}

}  // namespace ticketd::persistence
