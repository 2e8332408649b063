#include "api/event_routes.hpp"

#include "api/admin_token.hpp"
#include "api/answers.hpp"
#include "api/event_page.hpp"
#include "api/event_request.hpp"
#include "api/headers.hpp"
#include "api/views.hpp"
#include "problems.hpp"
#include "ticketd/http/conditions.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ticketd::roles::api {
namespace {

// Of a reading that is fresh; one that is stale nobody is to keep.
void say_how_long(http::response& answer, std::chrono::milliseconds life) {
  answer.set(http::field::cache_control,
             "max-age=" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(life).count()));
}

// Of a PUT: as it is now, and whether it is new.
http::response answer_definition(const catalog::defined_event& defined, domain::timestamp at) {
  if (defined.outcome == domain::define_outcome::not_as_expected)
    return refuse(problems::precondition_failed,
                  "the event is not as If-Match or If-None-Match has it: read it, and decide anew");
  if (!defined.event)
    return refuse(problems::capacity_conflict,
                  "a capacity would fall below what is sold, or what is sold would change its currency");
  const bool is_new = defined.outcome == domain::define_outcome::created;
  auto content = render_event(*defined.event, at);
  const auto etag = http::make_etag(content);
  auto response = http::make_json(is_new ? http::status::created : http::status::ok, std::move(content));
  response.set(http::field::location, "/api/v1/events/" + defined.event->id);
  response.set(http::field::etag, etag);
  return response;
}

}  // namespace

awaitable<http::response> event_routes::list(const http::request& request, http::path_parameter, deadline until) {
  const auto wanted = parse_page_request(request);
  if (const auto* problem = std::get_if<http::problem>(&wanted)) co_return http::make_problem(*problem);
  const auto events = co_await events_->list(until);
  if (!events) co_return unreadable(request, events.error(), "the events can't be read at the moment");
  const auto page = page_of(*events, std::get<page_request>(wanted));
  auto response = http::make_json(http::status::ok, render_events(page.events, clock_->now()));
  say_how_long(response, events_->life_of_reading());
  if (!page.next.empty()) response.set(http::field::link, "<" + page.next + ">; rel=\"next\"");
  co_return response;
}

awaitable<http::response> event_routes::get(const http::request& request, http::path_parameter event_id,
                                            deadline until) {
  const auto reading = co_await events_->read(std::string(event_id), until);
  if (!reading) co_return unreadable(request, reading.error(), "the event can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  auto response = http::json_unless_known(request, render_event(*reading->event, clock_->now()));
  if (reading->source != catalog::read_source::stale_copy) say_how_long(response, events_->life_of_reading());
  co_return response;
}

awaitable<http::response> event_routes::get_availability(const http::request& request, http::path_parameter event_id,
                                                         deadline until) {
  const auto reading = co_await events_->read(std::string(event_id), until);
  if (!reading) co_return unreadable(request, reading.error(), "the availability can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  const auto at = clock_->now();
  auto response = http::make_json(http::status::ok, render_availability(*reading->event, at));
  response.set(headers::cache_status, render_cache_status(*reading, events_->has_cache(), events_->is_cache_up(), at));
  if (reading->source != catalog::read_source::stale_copy) say_how_long(response, events_->life_of_reading());
  co_return response;
}

awaitable<http::response> event_routes::get_availability_events(const http::request& request,
                                                                http::path_parameter event_id, deadline until) {
  auto place = watching_.room.take(watching::by_stream);
  if (!place) co_return refuse(problems::unavailable, too_many_watchers);
  const auto reading = co_await events_->read(std::string(event_id), until);
  if (!reading) co_return unreadable(request, reading.error(), "the availability can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  const auto stream = std::make_shared<availability_stream>(watching_.streams, std::move(*place));
  watching_.availability.add(*stream, *reading->event);
  co_return http::make_event_stream(stream);
}

awaitable<http::response> event_routes::put(const http::request& request, http::path_parameter event_id,
                                            deadline until) {
  auto event = parse_event_request(request, event_id, takes_);
  if (const auto* problem = std::get_if<http::problem>(&event)) co_return http::make_problem(*problem);

  auto& definition = std::get<domain::event_definition>(event);
  definition.editor = std::get<std::string>(find_admin(request, admins_));  // the table's guard has let nobody else in
  const catalog::expectation is_as_expected = [&](const domain::event_snapshot* now) {
    std::optional<std::string> etag;
    if (now != nullptr) etag = http::make_etag(render_event(*now, clock_->now()));
    return http::if_match_holds(request, etag) && http::if_none_match_holds(request, etag);
  };
  const auto defined = co_await (*define_event_)(definition, is_as_expected, until);
  if (!defined)
    co_return refuse(problems::unavailable, "it is not known whether the event was written; the same may be repeated");
  co_return answer_definition(*defined, clock_->now());
}

}  // namespace ticketd::roles::api
