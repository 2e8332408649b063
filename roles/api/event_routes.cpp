#include "api/event_routes.hpp"

#include "api/answers.hpp"
#include "api/event_request.hpp"
#include "api/problems.hpp"
#include "api/views.hpp"

#include <string>
#include <variant>

namespace ticketd::roles::api {

awaitable<http::response> event_routes::list(const http::request&, http::path_parameter, deadline until) {
  const auto events = co_await events_->list(until);
  if (!events) co_return refuse(problems::unavailable, "the events can't be read at the moment");
  co_return http::make_json(http::status::ok, render_events(*events, clock_->now()));
}

awaitable<http::response> event_routes::get(const http::request&, http::path_parameter event_id, deadline until) {
  const auto reading = co_await events_->read(std::string(event_id), until);
  if (!reading) co_return refuse(problems::unavailable, "the event can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  co_return http::make_json(http::status::ok, render_event(*reading->event, clock_->now()));
}

awaitable<http::response> event_routes::get_availability(const http::request&, http::path_parameter event_id,
                                                         deadline until) {
  const auto reading = co_await events_->read(std::string(event_id), until);
  if (!reading) co_return refuse(problems::unavailable, "the availability can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  const auto at = clock_->now();
  auto response = http::make_json(http::status::ok, render_availability(*reading->event, at));
  response.set("Cache-Status", render_cache_status(*reading, events_->has_cache(), events_->is_cache_up(), at));
  co_return response;
}

awaitable<http::response> event_routes::put(const http::request& request, http::path_parameter event_id,
                                            deadline until) {
  auto event = parse_event_request(request, event_id, takes_);
  if (const auto* problem = std::get_if<http::problem>(&event)) co_return http::make_problem(*problem);

  const auto& definition = std::get<domain::event_definition>(event);
  const auto defined = co_await (*define_event_)(definition, domain::define_mode::create_or_replace, until);
  if (!defined)
    co_return refuse(problems::unavailable, "it is not known whether the event was written; the same may be repeated");
  if (!defined->event)
    co_return refuse(problems::capacity_conflict,
                     "a capacity would fall below what is sold, or what is sold would change its currency");

  const bool is_new = defined->outcome == domain::define_outcome::created;
  auto response =
      http::make_json(is_new ? http::status::created : http::status::ok, render_event(*defined->event, clock_->now()));
  response.set(http::field::location, "/api/v1/events/" + definition.id);
  co_return response;
}

}  // namespace ticketd::roles::api
