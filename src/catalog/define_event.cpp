#include "ticketd/catalog/define_event.hpp"

#include <boost/asio/steady_timer.hpp>

namespace ticketd::catalog {

using namespace std::chrono_literals;
using persistence::define_outcome;

namespace {

// A reading that another replica had begun before the change may still become its copy.
constexpr auto reading_under_way = 50ms;

}  // namespace

awaitable<result<defined_event>> define_event::operator()(const domain::event_definition& event,
                                                          persistence::define_mode mode, deadline until) {
  defined_event defined;
  {
    auto session = co_await database_->acquire(until);
    if (!session) co_return session.error();
    persistence::event_store store(*session);
    const auto outcome = co_await store.define(event, mode, until);
    if (!outcome) co_return outcome.error();
    defined.outcome = *outcome;
    if (defined.outcome == define_outcome::capacity_conflict) co_return defined;
    auto written = co_await store.find(event.id, until);
    if (!written) co_return written.error();
    defined.event = std::move(*written);
  }
  if (defined.event) co_await spread(*defined.event);
  co_return defined;
}

awaitable<> define_event::spread(const domain::event_snapshot& event) {
  reader_->learn(event);
  if (!reader_->has_cache()) co_return;
  co_await publisher_->publish(event);
  asio::steady_timer timer(co_await asio::this_coro::executor, reader_->life_of_copy() + reading_under_way);
  co_await timer.async_wait(asio::use_awaitable);
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
                         {"balcony", "Balcony", {150000, "TRY"}, 18000}}};
}

}  // namespace ticketd::catalog
