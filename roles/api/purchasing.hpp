// How this api takes a purchase: asynchronously, through the queue, or synchronously, inside the request. Each way owns
// what it needs beyond what all of the api shares.
//
// Thread: the executor's.
#pragma once

#include "ticketd/http/message.hpp"
#include "ticketd/observability/ops.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/orders/purchase.hpp"

#include <chrono>
#include <vector>

namespace ticketd::roles::api {

struct purchase_answer {
  http::response response;
  orders::elsewhere elsewhere = orders::elsewhere::no;
};

class purchasing {
 public:
  virtual ~purchasing() = default;

  [[nodiscard]] virtual awaitable<purchase_answer> buy(orders::purchase_request request, deadline until) = 0;

  // How long one takes at the moment, most of it elsewhere. 0: not known.
  [[nodiscard]] virtual std::chrono::milliseconds usual_time() const = 0;

  // Whether a purchase could be taken at this moment; nobody is refused because of it.
  [[nodiscard]] virtual bool is_ready() const = 0;

  // Begins what runs beside the purchases. The schema is up to date.
  virtual void start() = 0;

  // Finishes what is in flight, when no purchase comes any more.
  [[nodiscard]] virtual awaitable<> drain(deadline until) = 0;

  // Whether a purchase is taken without the database, by the copies of events.
  [[nodiscard]] virtual bool sells_without_database() const = 0;

  // Of /readyz, beyond the api's own.
  [[nodiscard]] virtual std::vector<observability::dependency> dependencies() const = 0;
};

}  // namespace ticketd::roles::api
