// What a purchase is answered with.
#include "api/answers.hpp"
#include "problems.hpp"
#include "support/catch2.hpp"

#include <boost/json.hpp>

#include <string>
#include <utility>

using namespace ticketd;
using namespace ticketd::roles::api;
namespace problems = roles::problems;
using domain::order_reason;
using domain::order_status;

namespace {

domain::order_view order_with(order_status status, order_reason reason = order_reason::none) {
  domain::order_view order;
  order.id = *domain::order_id::parse("6f0c8a52-1f3e-8b7a-9c1d-000102030405");
  order.status = status;
  order.reason = reason;
  return order;
}

const std::string location = "/api/v1/orders/6f0c8a52-1f3e-8b7a-9c1d-000102030405";

std::string problem_of(const http::response& answer) {
  const std::string prefix = "urn:ticketd:problem:";
  const std::string type(boost::json::parse(answer.body()).at("type").as_string());
  REQUIRE(type.starts_with(prefix));
  return type.substr(prefix.size());
}

const std::pair<order_reason, http::problem_type> refusals[] = {
    {order_reason::sold_out, problems::sold_out},
    {order_reason::limit_exceeded, problems::limit_exceeded},
    {order_reason::sale_not_open, problems::sale_not_open},
    {order_reason::sale_closed, problems::sale_closed},
    {order_reason::not_available, problems::validation_failed},
    {order_reason::payment_declined, problems::payment_declined},
    {order_reason::hold_expired, problems::sold_out},
    {order_reason::none, problems::internal_error},
};

}  // namespace

TEST_CASE("a placed order is 202, and says where to look", "[answers]") {
  const auto answer = roles::api::answer(orders::placement(orders::placed_order{order_with(order_status::queued).id}));
  CHECK(answer.result_int() == 202);
  CHECK(answer[http::field::location] == location);
  CHECK(boost::json::parse(answer.body()).at("status").as_string() == "queued");
}

TEST_CASE("a refusal is the problem of its reason", "[answers]") {
  for (const auto& [reason, type] : refusals) {
    for (const auto& answer : {roles::api::answer(orders::placement(orders::refused_purchase{reason})),
                               roles::api::answer(orders::bought(orders::refused_purchase{reason})),
                               roles::api::answer(orders::bought(order_with(order_status::rejected, reason)))}) {
      CHECK(answer.result_int() == type.status);
      CHECK(problem_of(answer) == type.name);
    }
  }
}

TEST_CASE("a synchronous purchase answers with its order, or names it", "[answers]") {
  const auto confirmed = roles::api::answer(orders::bought(order_with(order_status::confirmed)));
  CHECK(confirmed.result_int() == 201);
  CHECK(confirmed[http::field::location] == location);
  for (const auto status : {order_status::queued, order_status::reserved}) {
    const auto unknown = roles::api::answer(orders::bought(order_with(status)));
    CHECK(unknown.result_int() == 503);
    CHECK(unknown[http::field::location] == location);
  }
  auto expired = order_with(order_status::expired, order_reason::hold_expired);
  CHECK(roles::api::answer(orders::bought(expired)).result_int() == 409);
  expired.is_charge_open = true;  // it may yet be theirs
  CHECK(roles::api::answer(orders::bought(expired)).result_int() == 503);
  const auto declined =
      roles::api::answer(orders::bought(order_with(order_status::payment_failed, order_reason::payment_declined)));
  CHECK(declined.result_int() == 402);
  CHECK(boost::json::parse(declined.body()).at("order_id").as_string() == "6f0c8a52-1f3e-8b7a-9c1d-000102030405");
}

TEST_CASE("another price is answered with the one of now", "[answers]") {
  for (const auto& answer : {roles::api::answer(orders::placement(orders::repriced_purchase{{1000, "TRY"}})),
                             roles::api::answer(orders::bought(orders::repriced_purchase{{1000, "TRY"}}))}) {
    CHECK(answer.result_int() == 409);
    CHECK(problem_of(answer) == "price-changed");
  }
}

TEST_CASE("what nobody can say now is 503, and what makes no sense 422 with its members", "[answers]") {
  const orders::unavailable_purchase late{orders::obstacle::not_confirmed};
  CHECK(roles::api::answer(orders::placement(late)).result_int() == 503);
  CHECK(roles::api::answer(orders::bought(orders::unsettled_purchase::not_finished)).result_int() == 503);
  const orders::invalid_purchase invalid{{{orders::flaw_kind::quantity, 1, 4}, {orders::flaw_kind::no_such_category}}};
  for (const auto& answer :
       {roles::api::answer(orders::placement(invalid)), roles::api::answer(orders::bought(invalid))}) {
    CHECK(answer.result_int() == 422);
    CHECK(boost::json::parse(answer.body()).at("errors").as_array().size() == 2);
  }
}

TEST_CASE("a buyer reads why nobody can say now, and what to do", "[answers]") {
  using orders::obstacle;
  const std::string repeat = "; repeat it with the same Idempotency-Key, it stays one order";
  const auto detail = [](obstacle why, bool is_nothing_ordered) {
    orders::unavailable_purchase unavailable{why};
    unavailable.retry_after = std::chrono::seconds(7);
    unavailable.is_nothing_ordered = is_nothing_ordered;
    const auto answer = roles::api::answer(orders::placement(unavailable));
    CHECK(answer[http::field::retry_after] == "7");
    return std::string(boost::json::parse(answer.body()).at("detail").as_string());
  };
  const std::pair<obstacle, std::string> with_advice[] = {
      {obstacle::payments_behind, "payments are too far behind"},
      {obstacle::event_backlog_full, "too many orders of this event wait already"},
      {obstacle::broker_unreachable, "the broker can't be reached at the moment"},
      {obstacle::in_flight_full, "too many orders are on their way at the moment"},
      {obstacle::not_accepting, "orders can't be taken at the moment"},
      {obstacle::not_confirmed, "the order was not confirmed in time"}};
  for (const auto& [why, text] : with_advice) {
    CHECK(detail(why, false) == text + repeat);
    CHECK(detail(why, true) == text + "; nothing was ordered");
  }
  CHECK(detail(obstacle::event_unreadable, false) == "the event can't be read at the moment");
  CHECK(detail(obstacle::look_up_failed, false) ==
        "it can't be looked up whether this was accepted before; repeat it with the same Idempotency-Key");
  CHECK(detail(obstacle::not_settled_yet, false) ==
        "it can't be told yet whether this was accepted before; repeat it with the same Idempotency-Key");
}

TEST_CASE("a buyer who pays at once reads whether anything was begun", "[answers]") {
  const auto detail = [](orders::unsettled_purchase why) {
    const auto answer = roles::api::answer(orders::bought(why));
    return std::string(boost::json::parse(answer.body()).at("detail").as_string());
  };
  CHECK(detail(orders::unsettled_purchase::event_unreadable) == "the event can't be read at the moment");
  CHECK(detail(orders::unsettled_purchase::not_finished) ==
        "the purchase could not be finished; repeat it with the same Idempotency-Key");
}

TEST_CASE("a buyer reads of each member what makes no sense in it", "[answers]") {
  using orders::flaw_kind;
  const auto error = [](const orders::flaw& flaw) {
    const auto answer = roles::api::answer(orders::placement(orders::invalid_purchase{{flaw}}));
    const auto body = boost::json::parse(answer.body());
    const auto& first = body.at("errors").as_array().front();
    return std::string(first.at("pointer").as_string()) + ": " + std::string(first.at("detail").as_string());
  };
  CHECK(error({flaw_kind::no_such_event}) == "/event_id: there is no such event");
  CHECK(error({flaw_kind::no_such_category}) == "/category_id: the event has no such category");
  CHECK(error({flaw_kind::quantity, 1, 4}) == "/quantity: must be 1 to 4");
  CHECK(error({flaw_kind::not_chargeable, 50, 99}) == "/quantity: so many must cost 0, or 50 to 99");
  CHECK(error({flaw_kind::key_taken}) == ": another purchase was sent under this Idempotency-Key");
}

TEST_CASE("a buyer who was shown another price reads the one of now", "[answers]") {
  const auto answer = roles::api::answer(orders::placement(orders::repriced_purchase{{1000, "TRY"}}));
  CHECK(boost::json::parse(answer.body()).at("detail").as_string() == "one ticket costs 1000 TRY (minor units) now");
}
