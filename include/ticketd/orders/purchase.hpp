// What a buyer asks for, and the answers that are the same whether the purchase is asynchronous or synchronous.
//
// Pure functions over values (the mint, which draws random ids, is its caller's thread's). None fails: an objection is
// an answer.
#pragma once

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ticketd::orders {

// Well-formed (types, lengths, characters); whether it makes sense for the event is for screen() to say.
struct purchase_request {
  std::string event_id;
  std::string category_id;
  int quantity = 0;
  domain::buyer buyer;                   // email canonical
  std::string idempotency_key;           // empty where the buyer, and Nginx, sent none
  std::string traceparent;               // valid, or empty
  std::optional<domain::money> price{};  // what the buyer was shown for one ticket, where the request says
  std::string payment_method{};          // valid, or empty
  bool is_key_of_nginx = false;          // not the buyer's: nobody but Nginx repeats it
  // For how long it has been on its way since Nginx took it, the attempts at other replicas included; where Nginx took
  // it.
  std::optional<std::chrono::milliseconds> waited{};
};

// Of a request that makes no sense for its event.
enum class flaw_kind {
  no_such_event,
  no_such_category,
  quantity,        // it has bounds
  not_chargeable,  // so many cost something that the provider does not take: that has bounds, too
  key_taken,       // by another purchase of the same buyer
};

struct flaw {
  flaw_kind kind;
  // Where there are bounds: tickets, or minor units.
  std::int64_t least = 0;
  std::int64_t most = 0;

  friend bool operator==(const flaw&, const flaw&) = default;
};

// The request can never become an order.
struct invalid_purchase {
  std::vector<flaw> flaws;
};

// It could have, at another time or with more luck: a reason that settlement would come to as well.
struct refused_purchase {
  domain::order_reason reason = domain::order_reason::none;
};

// The buyer was shown another price than the one of now.
struct repriced_purchase {
  domain::money price;
};

using objection = std::variant<std::monostate, invalid_purchase, refused_purchase, repriced_purchase>;

// What a reading of the event already says against the purchase. `event` null: unknown. A reading may be a little old,
// so a monostate is no promise: settlement decides.
[[nodiscard]] objection screen(const purchase_request& request, const domain::event_snapshot* event,
                               domain::timestamp at, const domain::charge_bounds& takes);

// Whether the provider takes what it costs; false as well where there is no such category.
[[nodiscard]] bool is_chargeable(const purchase_request& request, const domain::event_snapshot& event,
                                 const domain::charge_bounds& takes);

// The order's id: a function of event, buyer and key, or random where there is no key. nullopt where the event's ids
// are sealed under a secret that this replica does not have: another id would make two orders of one.
[[nodiscard]] std::optional<domain::order_id> mint_id(domain::order_id_mint& mint, const purchase_request& request,
                                                      const domain::event_snapshot& event);

// The order that goes to settlement, on the terms of the reading that screen() found nothing against (or no more than a
// refusal: the category is there).
[[nodiscard]] domain::accepted_order accept(purchase_request request, const domain::event_snapshot& event,
                                            const domain::order_id& id, domain::timestamp at);

}  // namespace ticketd::orders
