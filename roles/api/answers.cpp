#include "api/answers.hpp"

#include "api/headers.hpp"
#include "api/json_members.hpp"
#include "api/purchase_texts.hpp"
#include "api/request_age.hpp"
#include "api/views.hpp"
#include "problems.hpp"
#include "ticketd/persistence/database.hpp"

#include <utility>

namespace ticketd::roles::api {
namespace {

using domain::order_reason;
using domain::order_status;

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;  // Clang does without it from release 17 on

struct refusal {
  http::problem_type type;
  const char* detail;
};

refusal refusal_of(order_reason reason) noexcept {
  switch (reason) {
    case order_reason::sold_out:
      return {problems::sold_out, "there are not that many tickets left in this category"};
    case order_reason::limit_exceeded:
      return {problems::limit_exceeded, "the buyer would have more tickets than one buyer may"};
    case order_reason::sale_not_open:
      return {problems::sale_not_open, "the sale has not opened yet"};
    case order_reason::sale_closed:
      return {problems::sale_closed, "the sale has closed"};
    case order_reason::not_available:
      return {problems::validation_failed, "the event or the category is not there any more"};
    case order_reason::payment_declined:
      return {problems::payment_declined, "the payment was declined"};
    case order_reason::hold_expired:
      return {problems::sold_out, "the reservation expired before it was paid"};
    case order_reason::none:
      break;
  }
  return {problems::internal_error, ""};
}

http::response answer(const orders::invalid_purchase& invalid) {
  std::vector<http::field_error> errors;
  for (const auto& flaw : invalid.flaws) errors.push_back(field_error_of(flaw));
  return http::make_problem(make_validation_problem(std::move(errors)));
}

http::response answer(const orders::refused_purchase& refused) {
  const auto [type, detail] = refusal_of(refused.reason);
  return refuse(type, detail);
}

http::response answer(const orders::repriced_purchase& repriced) {
  return refuse(problems::price_changed, text_of(repriced));
}

http::response with_location(http::response response, const domain::order_id& id) {
  response.set(http::field::location, "/api/v1/orders/" + id.to_string());
  return response;
}

http::response answer(const orders::placed_order& placed) {
  return with_location(http::make_json(http::status::accepted, render_queued(placed.id)), placed.id);
}

// The provider's answer is not known. The tickets are held, or were, and a repeat asks again.
http::response answer_unpaid(const domain::order_view& order) {
  return with_location(refuse(problems::unavailable,
                              "the payment was not confirmed in time; repeat the "
                              "purchase with the same Idempotency-Key"),
                       order.id);
}

http::response answer(const domain::order_view& order) {
  switch (order.status) {
    case order_status::confirmed:
      return with_location(http::make_json(http::status::created, render_order(order)), order.id);
    case order_status::queued:
    case order_status::reserved:
      return answer_unpaid(order);
    case order_status::expired:
      if (order.is_charge_open) return answer_unpaid(order);
      break;
    case order_status::rejected:
    case order_status::payment_failed:
      break;
  }
  const auto [type, detail] = refusal_of(order.reason);
  return with_location(
      http::make_problem({.type = type, .detail = detail, .extensions = {{"order_id", order.id.to_string()}}}),
      order.id);
}

}  // namespace

http::response pass_on() {
  auto response = refuse(problems::unavailable, "another replica may be able to");
  response.result(http::status::bad_gateway);
  response.set(headers::accel_redirect, "/.problem/503");
  return response;
}

http::response pass_on_or_refuse(const http::request& request, std::string detail) {
  const auto taken_at = request[headers::request_start];
  const bool is_through_nginx = parse_request_start({taken_at.data(), taken_at.size()}).has_value();
  return is_through_nginx ? pass_on() : refuse(problems::unavailable, std::move(detail));
}

http::response unreadable(const http::request& request, const error_code& error, std::string detail) {
  const bool is_only_here = error == persistence::database_errc::unreachable;
  return is_only_here ? pass_on_or_refuse(request, std::move(detail))
                      : refuse(problems::unavailable, std::move(detail));
}

http::response refuse(http::problem_type type, std::string detail) {
  return http::make_problem({.type = type, .detail = std::move(detail)});
}

http::response answer(const orders::placement& placement) {
  return std::visit(overloaded{[](const orders::unavailable_purchase& unavailable) {
                                 return http::make_problem({.type = problems::unavailable,
                                                            .detail = text_of(unavailable),
                                                            .retry_after = unavailable.retry_after});
                               },
                               [](const auto& other) { return answer(other); }},
                    placement);
}

http::response answer(const orders::bought& bought) {
  return std::visit(
      overloaded{[](orders::unsettled_purchase unsettled) { return refuse(problems::unavailable, text_of(unsettled)); },
                 [](const auto& other) { return answer(other); }},
      bought);
}

}  // namespace ticketd::roles::api
