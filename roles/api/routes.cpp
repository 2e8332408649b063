#include "api/routes.hpp"

#include "api/admin_token.hpp"
#include "api/answers.hpp"
#include "api/event_request.hpp"
#include "api/order_request.hpp"
#include "api/problems.hpp"
#include "api/views.hpp"

#include <utility>

namespace ticketd::roles::api {

using namespace std::chrono_literals;
using http::verb;

namespace {

constexpr auto define_time = 4s;  // with the time to spread it less than Nginx waits, which would pass it on
constexpr auto find_time = 2s;

}  // namespace

// clang-format off
constexpr http::endpoint<api_routes> api_routes::endpoints[] = {
    // method      path                                     handler
    {verb::get,  "/api/v1/events",                         &api_routes::list_events},
    {verb::get,  "/api/v1/events/{event_id}",              &api_routes::get_event},
    {verb::put,  "/api/v1/events/{event_id}",              &api_routes::put_event},
    {verb::get,  "/api/v1/events/{event_id}/availability", &api_routes::get_availability},
    {verb::post, "/api/v1/orders",                         &api_routes::post_order},
    {verb::get,  "/api/v1/orders/{order_id}",              &api_routes::get_order},
};
// clang-format on

awaitable<http::response> api_routes::handle(http::request&& request) {
  const auto began = std::chrono::steady_clock::now();
  auto routed = http::route<api_routes>(endpoints, *this, request);
  http::response response = co_await std::move(routed.answer);
  parts_.metrics.record_request(routed.pattern, static_cast<int>(response.result_int()),
                                std::chrono::steady_clock::now() - began);
  co_return response;
}

awaitable<http::response> api_routes::list_events(const http::request&, http::path_parameter) {
  const auto events = co_await parts_.events.list();
  if (!events) co_return refuse(problems::unavailable, "the events can't be read at the moment");
  co_return http::make_json(http::status::ok, render_events(*events, domain::now()));
}

awaitable<http::response> api_routes::get_event(const http::request&, http::path_parameter event_id) {
  const auto reading = co_await parts_.events.read(std::string(event_id));
  if (!reading) co_return refuse(problems::unavailable, "the event can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  co_return http::make_json(http::status::ok, render_event(*reading->event, domain::now()));
}

awaitable<http::response> api_routes::get_availability(const http::request&, http::path_parameter event_id) {
  const auto reading = co_await parts_.events.read(std::string(event_id));
  if (!reading) co_return refuse(problems::unavailable, "the availability can't be read at the moment");
  if (!reading->event) co_return refuse(problems::not_found, "there is no such event");
  const auto at = domain::now();
  auto response = http::make_json(http::status::ok, render_availability(*reading->event, at));
  response.set("Cache-Status",
               render_cache_status(*reading, parts_.events.has_cache(), parts_.events.is_cache_up(), at));
  co_return response;
}

awaitable<http::response> api_routes::put_event(const http::request& request, http::path_parameter event_id) {
  if (const auto objection = check_admin_token(request, parts_.admin_token)) co_return http::make_problem(*objection);
  auto event = parse_event_request(request, event_id);
  if (const auto* problem = std::get_if<http::problem>(&event)) co_return http::make_problem(*problem);

  const auto& definition = std::get<domain::event_definition>(event);
  const auto defined =
      co_await parts_.define_event(definition, domain::define_mode::create_or_replace, deadline_in(define_time));
  if (!defined)
    co_return refuse(problems::unavailable, "it is not known whether the event was written; the same may be repeated");
  if (!defined->event)
    co_return refuse(problems::capacity_conflict,
                     "a capacity would fall below what is sold, or what is sold would change its currency");

  const bool is_new = defined->outcome == domain::define_outcome::created;
  auto response =
      http::make_json(is_new ? http::status::created : http::status::ok, render_event(*defined->event, domain::now()));
  response.set(http::field::location, "/api/v1/events/" + definition.id);
  co_return response;
}

awaitable<http::response> api_routes::post_order(const http::request& request, http::path_parameter) {
  auto purchase = parse_order_request(request);
  if (const auto* problem = std::get_if<http::problem>(&purchase)) co_return http::make_problem(*problem);
  co_return co_await parts_.buy(std::move(std::get<orders::purchase_request>(purchase)));
}

awaitable<http::response> api_routes::get_order(const http::request&, http::path_parameter order_id) {
  const auto id = domain::order_id::parse(order_id);
  if (!id || !parts_.mint.is_ours(*id)) co_return refuse(problems::not_found, "there is no such order");
  const auto found = co_await parts_.orders.find(*id, deadline_in(find_time));
  if (!found) co_return refuse(problems::unavailable, "the order can't be read at the moment");
  // Ours, and not settled: it waits in the queue.
  co_return http::make_json(http::status::ok, *found ? render_order(**found) : render_queued(*id));
}

}  // namespace ticketd::roles::api
