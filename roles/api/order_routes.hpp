// What is asked of orders: making one, and looking at it.
//
// Thread: the executor's. Owned by its role; what they are made of outlives them.
#pragma once

#include "api/missing_secrets.hpp"
#include "api/purchasing.hpp"
#include "api/request_age.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/orders/find_order.hpp"

#include <chrono>

namespace ticketd::roles::api {

// Thread: the executor's. What it is made of outlives it.
class order_routes {
 public:
  order_routes(purchasing& purchases, orders::order_finder& finder, domain::order_id_mint& mint,
               const missing_secrets& missing, const domain::clock& clock, request_age& age,
               const standing_queue& queue)
      : purchases_(&purchases),
        finder_(&finder),
        mint_(&mint),
        missing_(&missing),
        clock_(&clock),
        age_(&age),
        queue_(&queue) {}

  [[nodiscard]] awaitable<http::response> post(const http::request& request, http::path_parameter, deadline until);
  [[nodiscard]] std::chrono::milliseconds usual_time() const { return purchases_->usual_time(); }
  [[nodiscard]] awaitable<http::response> get(const http::request&, http::path_parameter order_id, deadline until);

 private:
  purchasing* purchases_;
  orders::order_finder* finder_;
  domain::order_id_mint* mint_;
  const missing_secrets* missing_;
  const domain::clock* clock_;
  request_age* age_;
  const standing_queue* queue_;
};

}  // namespace ticketd::roles::api
