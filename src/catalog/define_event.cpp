#include "ticketd/catalog/define_event.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/persistence/event_store.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace ticketd::catalog {

using domain::define_outcome;

namespace {

// Within the transaction that holds the event's lock.
awaitable<result<void>> ask(const expectation& is_as_expected, persistence::event_store& store,
                            const std::string& event_id, domain::definition_context& context, deadline until) {
  if (!is_as_expected) co_return result<void>();
  const domain::event_snapshot* there = nullptr;
  const auto now = co_await store.find(event_id, until);
  if (!now) co_return now.error();
  if (*now && !context.is_new) there = &**now;  // the row of a new one is our own
  context.is_as_expected = is_as_expected(there);
  co_return result<void>();
}

}  // namespace

awaitable<result<defined_event>> define_event::operator()(const domain::event_definition& event,
                                                          domain::define_mode mode, deadline until) {
  return define(event, mode, nullptr, until);
}

awaitable<result<defined_event>> define_event::operator()(const domain::event_definition& event,
                                                          expectation is_as_expected, deadline until) {
  return define(event, domain::define_mode::create_or_replace, std::move(is_as_expected), until);
}

awaitable<result<defined_event>> define_event::define(const domain::event_definition& event, domain::define_mode mode,
                                                      expectation is_as_expected, deadline until) {
  auto defined = co_await write(event, mode, is_as_expected, until);
  if (defined && defined->event) co_await spread(*defined->event, until);
  co_return defined;
}

awaitable<result<defined_event>> define_event::write(domain::event_definition event, domain::define_mode mode,
                                                     const expectation& is_as_expected, deadline until) {
  event.id_layout = layout_;
  event.secret_generation = secret_generation_;
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  auto& store = (*session)->events();
  auto context = co_await store.begin_definition(event, until);
  if (!context) co_return context.error();
  const auto asked = co_await ask(is_as_expected, store, event.id, *context, until);
  if (!asked) co_return asked.error();

  defined_event defined;
  defined.outcome = domain::decide_definition(event, *context, mode);
  const bool is_to_be_written =
      defined.outcome == define_outcome::created || defined.outcome == define_outcome::replaced;
  result<void> ended;
  if (is_to_be_written)
    ended = co_await store.commit_definition(event, defined.outcome, until);
  else
    ended = co_await store.abandon_definition(until);
  if (!ended) co_return ended.error();
  if (defined.outcome == define_outcome::capacity_conflict || defined.outcome == define_outcome::not_as_expected)
    co_return defined;

  auto written = co_await store.find(event.id, until);
  if (!written) co_return written.error();
  defined.event = std::move(*written);
  co_return defined;
}

awaitable<> define_event::spread(const domain::event_snapshot& event, deadline until) {
  reader_->learn(event);
  if (!reader_->has_cache()) co_return;
  co_await publisher_->publish(event, until);
  const auto executor = co_await asio::this_coro::executor;
  const deadline spread_at = std::min(until, deadline_in(reader_->life_of_copy()));
  co_await async::pause(executor, spread_at - std::chrono::steady_clock::now());
}

domain::event_definition demo_event() {
  const auto at = [](std::string_view text) { return *domain::parse_rfc3339(text); };
  return {.id = "tarkan-2027",
          .name = "Tarkan: The Anniversary Concert",
          .venue = "Harbiye Open-Air Theatre, Istanbul",
          .starts_at = at("2027-07-17T18:00:00Z"),
          .sale = {at("2026-01-01T07:00:00Z"), at("2027-07-17T18:00:00Z")},
          .max_per_buyer = 4,
          .categories = {{"golden-circle", "Golden Circle", {600000, "TRY"}, 2000},
                         {"standing", "Standing", {250000, "TRY"}, 30000},
                         {"balcony", "Balcony", {150000, "TRY"}, 18000}},
          .editor = "demo"};
}

}  // namespace ticketd::catalog
