// The asynchronous purchase: says yes as soon as the broker has the order, and no at once where the answer is known.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/purchase.hpp"

#include <chrono>
#include <variant>

namespace ticketd::orders {

struct placed_order {
  domain::order_id id;
};

// Nobody can say now. The same request with the same key may be repeated, and still is one order.
struct unavailable_purchase {
  std::string detail;
  bool is_only_here = false;  // nothing was published, and another replica may be able to
};

using placement =
    std::variant<placed_order, invalid_purchase, refused_purchase, repriced_purchase, unavailable_purchase>;

struct place_settings {
  // Of a purchase's time, for the look-up of a refused repeat: "no" is to be said quickly, and a database that does not
  // answer is no reason to keep a buyer. Longer: fewer hear "repeat it" while the database is slow.
  std::chrono::milliseconds look_up_max{200};
};

class place_order {
 public:
  place_order(catalog::event_reader& events, order_finder& finder, messaging::order_publisher& publisher,
              domain::order_id_mint& mint, const domain::clock& clock, place_settings settings) noexcept
      : events_(&events), finder_(&finder), publisher_(&publisher), mint_(&mint), clock_(&clock), settings_(settings) {}

  [[nodiscard]] awaitable<placement> operator()(purchase_request request, deadline until);

 private:
  [[nodiscard]] awaitable<placement> refuse_unless_repeat(purchase_request request, const domain::event_snapshot& event,
                                                          objection against, const domain::order_id& id,
                                                          deadline until);
  [[nodiscard]] awaitable<placement> publish(domain::accepted_order order, deadline until);

  catalog::event_reader* events_;
  order_finder* finder_;
  messaging::order_publisher* publisher_;
  domain::order_id_mint* mint_;
  const domain::clock* clock_;
  place_settings settings_;
};

}  // namespace ticketd::orders
