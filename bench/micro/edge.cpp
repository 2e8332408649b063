// What a replica does for a purchase, and for a look at the event, between its sockets and its queue.
#include "api/answers.hpp"
#include "api/order_request.hpp"
#include "api/views.hpp"
#include "samples.hpp"
#include "subject.hpp"
#include "ticketd/domain/money.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/orders/purchase.hpp"

namespace ticketd::bench {

namespace {

constexpr int purchases = 100;  // by as many buyers

std::function<void()> parse_purchase() {
  return [requests = sample_requests(purchases)] {
    for (const auto& request : requests) keep(roles::api::parse_order_request(request));
  };
}

std::function<void()> validate_purchase() {
  return [purchases = sample_purchases(purchases), event = sample_event(), at = sample_time()] {
    for (const auto& purchase : purchases) keep(orders::screen(purchase, &event, at, domain::charge_bounds()));
  };
}

std::function<void()> render_accepted() {
  return [ids = sample_ids(purchases)] {
    for (const auto& id : ids) keep(roles::api::answer(orders::placement(orders::placed_order{id})));
  };
}

std::function<void()> render_refused() {
  return [] {
    for (int i = 0; i < purchases; ++i)
      keep(roles::api::answer(orders::placement(orders::refused_purchase{domain::order_reason::sold_out})));
  };
}

std::function<void()> render_availability() {
  return [event = sample_event(), at = sample_time()] { keep(roles::api::render_availability(event, at)); };
}

}  // namespace

std::vector<subject> edge_subjects() {
  return {{"parse_purchase", purchases, parse_purchase},
          {"validate_purchase", purchases, validate_purchase},
          {"render_accepted", purchases, render_accepted},
          {"render_refused", purchases, render_refused},
          {"render_availability", 1, render_availability}};
}

}  // namespace ticketd::bench
