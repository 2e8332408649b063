#include "ticketd/catalog/define_event.hpp"

namespace ticketd::catalog {

awaitable<result<persistence::define_outcome>> define_event::operator()(const domain::event_definition& event,
                                                                        persistence::define_mode mode,
                                                                        deadline until) {
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  const auto outcome = co_await persistence::event_store(*session).define(event, mode, until);
  if (!outcome) co_return outcome.error();
  reader_->forget(event.id);
  publisher_->changed(event.id);
  co_return *outcome;
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
