// What is asked of orders: making one, looking at it, and watching it.
//
// Thread: the executor's. Owned by its role; what they are made of outlives them.
#pragma once

#include "api/missing_secrets.hpp"
#include "api/purchasing.hpp"
#include "api/request_age.hpp"
#include "api/watcher_room.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/order_watchers.hpp"

#include <chrono>
#include <optional>
#include <variant>

namespace ticketd::roles::api {

// What it takes to watch orders.
struct order_watching {
  orders::order_watchers& watchers;
  http::event_streams& streams;
  watcher_room& room;
  std::chrono::seconds wait_most;  // time_budgets::wait_for_change
};

// Thread: the executor's. What it is made of outlives it.
class order_routes {
 public:
  order_routes(purchasing& purchases, orders::order_finder& finder, order_watching watching,
               domain::order_id_mint& mint, const missing_secrets& missing, const domain::clock& clock,
               request_age& age, const standing_queue& queue)
      : purchases_(&purchases),
        finder_(&finder),
        watching_(watching),
        mint_(&mint),
        missing_(&missing),
        clock_(&clock),
        age_(&age),
        queue_(&queue) {}

  [[nodiscard]] awaitable<http::response> post(const http::request& request, http::path_parameter, deadline until);
  [[nodiscard]] std::chrono::milliseconds usual_time() const { return purchases_->usual_time(); }
  [[nodiscard]] awaitable<http::response> get(const http::request&, http::path_parameter order_id, deadline until);
  [[nodiscard]] awaitable<http::response> get_events(const http::request& request, http::path_parameter order_id,
                                                     deadline until);

 private:
  struct wanted_order {
    domain::order_id id;
    bool is_ours = false;  // else it may be of a secret that is not here
  };
  // nullopt: nobody has ever given out such an id.
  [[nodiscard]] std::optional<wanted_order> identify(http::path_parameter order_id) const;
  // As it is: queued, where it is ours and not settled. Or what is to be answered instead.
  using found_order = std::variant<domain::order_view, http::response>;
  [[nodiscard]] awaitable<found_order> look(const http::request& request, wanted_order wanted, deadline until);
  [[nodiscard]] awaitable<http::response> get_changed(const http::request& request, wanted_order wanted,
                                                      std::chrono::seconds wait, deadline until);

  purchasing* purchases_;
  orders::order_finder* finder_;
  order_watching watching_;
  domain::order_id_mint* mint_;
  const missing_secrets* missing_;
  const domain::clock* clock_;
  request_age* age_;
  const standing_queue* queue_;
};

}  // namespace ticketd::roles::api
