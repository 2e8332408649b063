// The whole public API in one table (endpoints.cpp), and who goes by it: finds the row of a request, asks its guard,
// looks at the body's size, and makes the deadline that everything below is handed.
//
// Thread: the executor's. Owned by its role; the routes, and what else it is handed, outlive it.
#pragma once

#include "api/event_routes.hpp"
#include "api/order_routes.hpp"
#include "api/request_age.hpp"
#include "api/time_budgets.hpp"
#include "ticketd/config/admin.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/http/cors.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/observability/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>

namespace ticketd::roles::api {

// Who may call.
enum class guard {
  open,   // anybody
  admin,  // who sends an admin token
};

struct routes {
  event_routes& events;
  order_routes& orders;
};

// A row of the table.
struct endpoint {
  http::verb method;
  std::string_view pattern;
  awaitable<http::response> (*handle)(routes&, const http::request&, http::path_parameter, deadline until);
  std::size_t body_max;  // bytes
  std::chrono::milliseconds time_budgets::* budget;
  // How long one takes at the moment. 0: hardly any time.
  std::chrono::milliseconds (*usual_time)(const routes&);
  api::guard guard;
};

[[nodiscard]] std::span<const endpoint> endpoints() noexcept;

// What the server has to read for any of them.
[[nodiscard]] std::size_t largest_body() noexcept;

// Thread: the executor's. Admins, clock, age, queue, metrics and table outlive it.
class endpoint_dispatcher {
 public:
  endpoint_dispatcher(routes to, time_budgets budgets, std::span<const config::admin> admins,
                      const domain::clock& clock, request_age& age, standing_queue& queue, http::cors cors,
                      observability::metrics& metrics, std::span<const endpoint> table = endpoints())
      : routes_(to),
        budgets_(budgets),
        admins_(admins),
        clock_(&clock),
        age_(&age),
        queue_(&queue),
        cors_(std::move(cors)),
        metrics_(&metrics),
        table_(table) {}

  [[nodiscard]] awaitable<http::response> handle(http::request&& request);

 private:
  [[nodiscard]] std::optional<http::response> refuse_call(const http::found_row<endpoint>& found,
                                                          const http::request& request);
  // For how long it has waited, if that is too long, with what it will take from now on.
  [[nodiscard]] std::optional<std::chrono::milliseconds> excessive_wait(const http::request& request,
                                                                        std::chrono::milliseconds work);
  void spread_retry(http::response& response);

  routes routes_;
  time_budgets budgets_;
  std::span<const config::admin> admins_;
  const domain::clock* clock_;
  request_age* age_;
  standing_queue* queue_;
  http::cors cors_;
  std::minstd_rand random_{std::random_device()()};
  observability::metrics* metrics_;
  std::span<const endpoint> table_;
};

}  // namespace ticketd::roles::api
