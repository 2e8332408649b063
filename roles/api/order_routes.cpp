#include "api/order_routes.hpp"

#include "api/answers.hpp"
#include "api/headers.hpp"
#include "api/order_request.hpp"
#include "api/order_watches.hpp"
#include "api/preferences.hpp"
#include "api/request_age.hpp"
#include "api/views.hpp"
#include "problems.hpp"
#include "ticketd/domain/order_version.hpp"
#include "ticketd/http/event_stream.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace ticketd::roles::api {
namespace {

constexpr auto no_such_order = "there is no such order";

}  // namespace

awaitable<http::response> order_routes::post(const http::request& request, http::path_parameter, deadline until) {
  auto purchase = parse_order_request(request);
  if (const auto* problem = std::get_if<http::problem>(&purchase)) co_return http::make_problem(*problem);
  auto& wanted = std::get<orders::purchase_request>(purchase);
  const auto taken_at = request[headers::request_start];
  wanted.waited = age_->of({taken_at.data(), taken_at.size()}, clock_->now());
  const bool is_through_nginx = wanted.waited.has_value();
  auto bought = co_await purchases_->buy(std::move(wanted), until);
  const bool is_for_another = bought.elsewhere == orders::elsewhere::maybe ||
                              (bought.elsewhere == orders::elsewhere::unless_overloaded && !queue_->is_standing());
  if (is_for_another && is_through_nginx) co_return pass_on();
  co_return std::move(bought.response);
}

awaitable<http::response> order_routes::get(const http::request& request, http::path_parameter order_id,
                                            deadline until) {
  const auto wanted = identify(order_id);
  if (!wanted) co_return refuse(problems::not_found, no_such_order);
  const auto wait = preferred_wait(request);
  if (wait && wait->count() > 0) co_return co_await get_changed(request, *wanted, *wait, until);
  auto found = co_await look(request, *wanted, until);
  if (auto* instead = std::get_if<http::response>(&found)) co_return std::move(*instead);
  co_return http::make_json(http::status::ok, render_state(std::get<domain::order_view>(found)));
}

awaitable<http::response> order_routes::get_changed(const http::request& request, wanted_order wanted,
                                                    std::chrono::seconds wait, deadline until) {
  auto place = watching_.room.take(watching::by_waiting);
  if (!place) co_return refuse(problems::unavailable, too_many_watchers);
  order_wait watch(co_await asio::this_coro::executor, std::move(*place));
  watching_.watchers.add(wanted.id, watch);
  auto found = co_await look(request, wanted, until);
  if (auto* instead = std::get_if<http::response>(&found)) co_return std::move(*instead);
  const auto& order = std::get<domain::order_view>(found);
  watching_.watchers.tell(watch, order);
  const auto applied = std::min(wait, watching_.wait_most);
  co_await watch.wait_for_news_after(order, deadline_in(applied));
  auto response = http::make_json(http::status::ok, render_state(watch.order()));
  response.set(headers::preference_applied, "wait=" + std::to_string(applied.count()));
  co_return response;
}

awaitable<http::response> order_routes::get_events(const http::request& request, http::path_parameter order_id,
                                                   deadline until) {
  const auto wanted = identify(order_id);
  if (!wanted) co_return refuse(problems::not_found, no_such_order);
  auto place = watching_.room.take(watching::by_stream);
  if (!place) co_return refuse(problems::unavailable, too_many_watchers);
  const auto last_heard = http::last_event_id(request);
  const auto stream = std::make_shared<order_stream>(watching_.streams, std::move(*place), last_heard);
  watching_.watchers.add(wanted->id, *stream);
  auto found = co_await look(request, *wanted, until);
  if (auto* instead = std::get_if<http::response>(&found)) co_return std::move(*instead);
  const auto& order = std::get<domain::order_view>(found);
  // The browser does not come back after this (WHATWG HTML, 9.2.3).
  if (!domain::may_change(order) && last_heard == domain::version_of(order))
    co_return http::make_empty(http::status::no_content);
  watching_.watchers.tell(*stream, order);
  co_return http::make_event_stream(stream);
}

std::optional<order_routes::wanted_order> order_routes::identify(http::path_parameter order_id) const {
  const auto id = domain::order_id::parse(order_id);
  const bool is_ours = id && mint_->layout_of(*id);
  if (!id || (!is_ours && !missing_->any())) return std::nullopt;
  return wanted_order{*id, is_ours};
}

awaitable<order_routes::found_order> order_routes::look(const http::request& request, wanted_order wanted,
                                                        deadline until) {
  auto found = co_await finder_->find(wanted.id, until);
  if (!found) co_return unreadable(request, found.error(), "the order can't be read at the moment");
  if (*found) co_return std::move(**found);
  // It may be a neighbour's that waits in the queue, which who has the secret can tell.
  if (!wanted.is_ours) co_return pass_on_or_refuse(request, "it can't be told here whether there is such an order");
  domain::order_view queued;
  queued.id = wanted.id;
  co_return queued;
}

}  // namespace ticketd::roles::api
