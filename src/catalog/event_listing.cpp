#include "catalog/event_listing.hpp"

#include "ticketd/async/spawn.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::catalog {

using steady_clock = std::chrono::steady_clock;

awaitable<result<event_listing::event_list>> event_listing::list(deadline until) {
  // While the database does not answer, renew() alone waits to hear that again.
  if (known_.is_list_good(clock_.steady())) co_return known_.list();
  const auto answer = begin_listing();
  if (known_.list().empty()) co_return co_await async::wait_until(answer, until, result<event_list>(out_of_time()));
  const deadline soon = std::min(until, listing_.began_at() + settings_.stale_renewal_wait);
  const result<event_list> in_hand = known_.list();
  co_return co_await async::wait_until(answer, soon, in_hand);
}

awaitable<> event_listing::renew() {
  const auto answer = begin_listing();
  co_await async::wait_until(answer, deadline_in(settings_.reading), result<event_list>(out_of_time()));
}

// Spawned on its own, so that the reading does not depend on whoever happened to be first.
in_flight_read<result<event_listing::event_list>>::waiter event_listing::begin_listing() {
  auto answer = listing_.join();
  if (listing_.begin(steady_clock::now()))
    async::spawn(executor_, "events.list", [self = shared_from_this()] { return self->read_list(); });
  return answer;
}

awaitable<> event_listing::read_list() {
  const auto began = clock_.steady();
  auto listed = co_await read_database(deadline_in(settings_.reading));
  if (listed) {
    const auto now = clock_.steady();
    known_.keep(*listed, began, now);
    for (const auto& event : *listed) copies_->keep(event->id, event, began, now, local_copies::origin::database);
  } else {
    known_.mark_failed();
    if (!known_.list().empty()) listed = known_.list();
  }
  listing_.finish(listed);
}

awaitable<result<event_listing::event_list>> event_listing::read_database(deadline until) {
  auto events = co_await persistence::with_session(database_, until,
                                                   [&](persistence::session& on) { return on.events().list(until); });
  if (!events) co_return events.error();
  event_list listed;
  for (auto& event : *events) listed.push_back(std::make_shared<const domain::event_snapshot>(std::move(event)));
  co_return listed;
}

awaitable<bool> event_listing::may_be_an_event(std::string event_id, deadline until) {
  if (!known_.has_fresh_ids(clock_.steady())) {
    const auto listed = ids_listing_.join();
    if (ids_listing_.begin(steady_clock::now()))
      async::spawn(executor_, "events.ids", [self = shared_from_this()] { return self->read_ids(); });
    // While the database does not answer, whoever has the event cached is asked.
    const deadline soon = std::min(until, ids_listing_.began_at() + settings_.stale_renewal_wait);
    const bool is_known = co_await async::wait_until(listed, soon, false);
    if (!is_known) co_return true;
  }
  co_return known_.contains(event_id);
}

awaitable<> event_listing::read_ids() {
  const auto began = clock_.steady();
  const deadline until = deadline_in(settings_.reading);
  const auto listed = co_await persistence::with_session(
      database_, until, [&](persistence::session& on) { return on.events().ids(until); });
  if (listed) known_.keep_ids(*listed, began);
  ids_listing_.finish(listed.has_value());
}

}  // namespace ticketd::catalog
