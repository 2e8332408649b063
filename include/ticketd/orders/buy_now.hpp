// The synchronous purchase of a monolith: reserve, pay and invoice inside the request, its pooled connection held all
// the while. It exists to be measured against; the store functions underneath are the worker's.
//
// One request at a time charges an order. A repeat that comes meanwhile waits for what comes of it, without a
// connection.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/orders/purchase.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/payment/gateway.hpp"
#include "ticketd/persistence/database.hpp"

#include <string>
#include <variant>
#include <vector>

namespace ticketd::orders {

// Nobody can say now. The same request with the same key may be repeated, and still is one order.
enum class unsettled_purchase {
  event_unreadable,  // nothing was begun
  secret_missing,    // nor here: the event's ids are sealed under it. Another replica may have it
  not_finished,
};

// An order in whatever state it reached (a refusal that was settled has its reason there), or none at all.
using bought =
    std::variant<domain::order_view, invalid_purchase, refused_purchase, repriced_purchase, unsettled_purchase>;

class buy_now {
 public:
  // `gateway` null: payments are off.
  buy_now(catalog::event_reader& events, persistence::database& database, payment::gateway* gateway,
          domain::order_id_mint& mint, const domain::clock& clock, domain::ticket_printer& printer,
          settlement_rules rules, charge_settings charging, commit_listener told, observability::metrics& metrics);

  [[nodiscard]] awaitable<bought> operator()(purchase_request request, deadline until);

 private:
  enum class charged_by { us, another };  // request, or the payment stage: it is theirs, on lease
  struct step {
    domain::order_view order;
    charged_by by = charged_by::us;
  };

  [[nodiscard]] awaitable<bought> object_unless_repeat(const domain::order_id& id, bool may_be_repeat,
                                                       objection against, deadline until);
  [[nodiscard]] awaitable<result<domain::order_view>> buy(const domain::accepted_order& order, deadline until);
  [[nodiscard]] awaitable<result<std::vector<domain::order_view>>> find_repeat(const domain::order_id& id,
                                                                               deadline until);
  [[nodiscard]] awaitable<result<void>> reserve(persistence::session& on, const domain::accepted_order& order,
                                                deadline until);
  [[nodiscard]] awaitable<result<step>> reserve_and_pay(const domain::accepted_order& order, deadline until);
  [[nodiscard]] awaitable<result<step>> pay_what_is_reserved(persistence::session& on, const domain::order_id& id,
                                                             deadline until);
  [[nodiscard]] awaitable<result<charged_by>> pay(persistence::session& on, const domain::order_id& id, deadline until);
  [[nodiscard]] awaitable<result<domain::order_view>> find(persistence::session& on, const domain::order_id& id,
                                                           deadline until);

  catalog::event_reader* events_;
  persistence::database* database_;
  payment::gateway* gateway_;
  domain::order_id_mint* mint_;
  const domain::clock* clock_;
  domain::ticket_printer* printer_;
  settlement_rules rules_;
  charge_settings charging_;
  commit_listener told_;
  observability::metrics* metrics_;
};

}  // namespace ticketd::orders
