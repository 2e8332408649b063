#include "api/order_routes.hpp"

#include "api/answers.hpp"
#include "api/headers.hpp"
#include "api/order_request.hpp"
#include "api/request_age.hpp"
#include "api/views.hpp"
#include "problems.hpp"

#include <utility>
#include <variant>

namespace ticketd::roles::api {

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
  const auto id = domain::order_id::parse(order_id);
  const bool is_ours = id && mint_->layout_of(*id);
  if (!id || (!is_ours && !missing_->any())) co_return refuse(problems::not_found, "there is no such order");
  const auto found = co_await finder_->find(*id, until);
  if (!found) co_return unreadable(request, found.error(), "the order can't be read at the moment");
  // It may be a neighbour's that waits in the queue, which who has the secret can tell.
  if (!is_ours && !*found) co_return pass_on_or_refuse(request, "it can't be told here whether there is such an order");
  // Ours, and not settled: it waits in the queue, or for its event.
  const bool is_settled = *found && (*found)->status != domain::order_status::queued;
  co_return http::make_json(http::status::ok, is_settled ? render_order(**found) : render_queued(*id));
}

}  // namespace ticketd::roles::api
