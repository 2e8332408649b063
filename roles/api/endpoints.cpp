#include "api/endpoints.hpp"

#include "api/admin_token.hpp"
#include "api/answers.hpp"
#include "api/description.hpp"
#include "api/headers.hpp"
#include "problems.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/text/parse_number.hpp"

#include <algorithm>
#include <string>
#include <variant>

namespace ticketd::roles::api {
namespace {

using http::verb;
using budgets = time_budgets;

// Calls a member of the routes that it belongs to.
template <auto Member>
awaitable<http::response> events(routes& to, const http::request& request, http::path_parameter event_id,
                                 deadline until) {
  return (to.events.*Member)(request, event_id, until);
}

template <auto Member>
awaitable<http::response> orders(routes& to, const http::request& request, http::path_parameter order_id,
                                 deadline until) {
  return (to.orders.*Member)(request, order_id, until);
}

awaitable<http::response> describe(routes&, const http::request& request, http::path_parameter, deadline) {
  co_return describe_api(request);
}

using on_events = event_routes;
using on_orders = order_routes;

std::chrono::milliseconds little(const routes&) { return {}; }
std::chrono::milliseconds of_purchase(const routes& to) { return to.orders.usual_time(); }

// A read that waited as its client liked says nothing of how long the others take.
std::string_view label_of(const http::found_row<endpoint>& found, const http::response& answer) {
  return answer.count(std::string(headers::preference_applied)) > 0 ? "/api/v1/orders/{order_id} (waited)"
                                                                    : found.pattern;
}

// A body: 16 KiB, as the contract has it. No order and no event of a hundred categories is longer.
constexpr std::size_t document = 16 * 1024;

// clang-format off
constexpr endpoint table[] = {
    // method     path                                            handler                                      body      time budget         usual time   guard
    {verb::get,  "/api/v1/events",                                events<&on_events::list>,                    document, &budgets::read,     little,      guard::open},
    {verb::get,  "/api/v1/events/{event_id}",                     events<&on_events::get>,                     document, &budgets::read,     little,      guard::open},
    {verb::put,  "/api/v1/events/{event_id}",                     events<&on_events::put>,                     document, &budgets::define,   little,      guard::admin},
    {verb::get,  "/api/v1/events/{event_id}/availability",        events<&on_events::get_availability>,        document, &budgets::read,     little,      guard::open},
    {verb::get,  "/api/v1/events/{event_id}/availability/events", events<&on_events::get_availability_events>, document, &budgets::read,     little,      guard::open},
    {verb::post, "/api/v1/orders",                                orders<&on_orders::post>,                    document, &budgets::purchase, of_purchase, guard::open},
    {verb::get,  "/api/v1/orders/{order_id}",                     orders<&on_orders::get>,                     document, &budgets::find,     little,      guard::open},
    {verb::get,  "/api/v1/orders/{order_id}/events",              orders<&on_orders::get_events>,              document, &budgets::find,     little,      guard::open},
    {verb::get,  "/api/v1/openapi.json",                          describe,                                    document, &budgets::read,     little,      guard::open},
};
// clang-format on

}  // namespace

std::span<const endpoint> endpoints() noexcept { return table; }

std::size_t largest_body() noexcept { return std::ranges::max(table, {}, &endpoint::body_max).body_max; }

awaitable<http::response> endpoint_dispatcher::handle(http::request&& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto found = http::find_row(table_, request);
  auto response = refuse_call(found, request);
  if (!response) {
    const deadline until = began + budgets_.*found.row->budget;
    response = co_await found.row->handle(routes_, request, found.parameter, until);
  }
  if (response->result() == http::status::service_unavailable) spread_retry(*response);
  cors_.mark(request, *response);
  metrics_->record_request(label_of(found, *response), static_cast<int>(response->result_int()),
                           std::chrono::steady_clock::now() - began);
  co_return std::move(*response);
}

// The answer to a request that does not come as far as a handler.
std::optional<http::response> endpoint_dispatcher::refuse_call(const http::found_row<endpoint>& found,
                                                               const http::request& request) {
  const auto work = found.row == nullptr ? std::chrono::milliseconds(0) : found.row->usual_time(routes_);
  if (const auto wait = excessive_wait(request, work)) {
    metrics_->requests_shed.Increment();
    return http::make_problem(
        {.type = problems::unavailable,
         .detail = "the request has waited for too long; repeat it with the same Idempotency-Key",
         .retry_after = std::max(std::chrono::ceil<std::chrono::seconds>(*wait), orders::retry_after_least)});
  }
  if (found.row == nullptr) return found.answer_without_row(problem_of);
  if (found.row->guard == guard::admin) {
    const auto admin = find_admin(request, admins_);
    if (const auto* objection = std::get_if<http::problem>(&admin)) return http::make_problem(*objection);
  }
  if (request.body().size() <= found.row->body_max) return std::nullopt;
  return refuse(problems::body_too_large,
                "the body may have at most " + std::to_string(found.row->body_max) + " bytes");
}

std::optional<std::chrono::milliseconds> endpoint_dispatcher::excessive_wait(const http::request& request,
                                                                             std::chrono::milliseconds work) {
  const auto now = clock_->now();
  const auto taken_at = request[headers::request_start];
  const auto age = age_->of({taken_at.data(), taken_at.size()}, now);
  if (!age) return std::nullopt;
  queue_->note(*age, now);
  return *age + work > budgets_.wait_max && queue_->is_standing() ? age : std::nullopt;
}

// Who is refused together is not to come again together.
void endpoint_dispatcher::spread_retry(http::response& response) {
  const auto value = response[http::field::retry_after];
  const int least = std::max(text::parse_number<int>({value.data(), value.size()}).value_or(0),
                             static_cast<int>(orders::retry_after_least.count()));
  response.set(http::field::retry_after, std::to_string(std::uniform_int_distribution<int>(least, 3 * least)(random_)));
}

}  // namespace ticketd::roles::api
