// The whole public API in one table (routes.cpp), and the handlers behind it.
#pragma once

#include "ticketd/catalog/define_event.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/purchase.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace ticketd::roles::api {

// Buys, in whichever way this api is set to.
using purchase_handler = std::function<awaitable<http::response>(orders::purchase_request)>;

class api_routes {
 public:
  struct parts {
    catalog::event_reader& events;
    catalog::define_event& define_event;
    orders::order_finder& orders;
    domain::order_id_mint& mint;
    purchase_handler buy;
    std::string admin_token;
    observability::metrics& metrics;
  };

  explicit api_routes(parts wired) : parts_(std::move(wired)) {}

  [[nodiscard]] awaitable<http::response> handle(http::request&& request);

 private:
  awaitable<http::response> list_events(const http::request&, http::path_parameter);
  awaitable<http::response> get_event(const http::request&, http::path_parameter event_id);
  awaitable<http::response> get_availability(const http::request&, http::path_parameter event_id);
  awaitable<http::response> put_event(const http::request&, http::path_parameter event_id);
  awaitable<http::response> post_order(const http::request&, http::path_parameter);
  awaitable<http::response> get_order(const http::request&, http::path_parameter order_id);

  static const http::endpoint<api_routes> endpoints[6];

  parts parts_;
};

}  // namespace ticketd::roles::api
