// The asynchronous purchase: says yes as soon as the broker has the order, and no at once where the answer is known.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/orders/find_order.hpp"
#include "ticketd/orders/purchase.hpp"
#include "ticketd/orders/recent_purchases.hpp"
#include "ticketd/orders/settlement_progress.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

namespace ticketd::orders {

struct placed_order {
  domain::order_id id;
};

// Whether another replica may be able to do what this one can't. Only where this one has published nothing.
enum class elsewhere {
  no,
  unless_overloaded,  // it is slow here. Where there is too much of everything it is so everywhere
  maybe,              // something is not to be reached from here
};

enum class obstacle {
  event_unreadable,
  secret_missing,      // that the event's ids are sealed under (domain/secrets.hpp)
  payments_behind,     // an order of now would wait too long for its charge
  event_backlog_full,  // too many of its orders wait already
  look_up_failed,      // whether this was accepted before
  not_settled_yet,     // so that it can't be told whether this was accepted before
  broker_unreachable,
  in_flight_full,  // too many orders are on their way to the broker
  not_accepting,   // the broker takes none, or too many wait there
  not_confirmed,   // the order may have been accepted
};

// A buyer is never asked to come again sooner: HTTP counts Retry-After in seconds.
inline constexpr std::chrono::seconds retry_after_least{1};

// Nobody can say now. The same request with the same key may be repeated, and still is one order.
struct unavailable_purchase {
  obstacle why;
  orders::elsewhere elsewhere = orders::elsewhere::no;
  std::chrono::seconds retry_after = retry_after_least;
  bool is_nothing_ordered = false;  // under no key of the buyer's, so that it is no repeat either
};

using placement =
    std::variant<placed_order, invalid_purchase, refused_purchase, repriced_purchase, unavailable_purchase>;

struct place_settings {
  std::chrono::milliseconds look_up_max{};  // of a purchase's time, for the look-up of a refused repeat
  // For how long after a change another replica may still have accepted by an older copy: its age at most
  // (catalog::reader_settings), and as much again, as `purchase_request::waited` is measured and not known. Longer:
  // more look-ups after a category is sold out.
  std::chrono::milliseconds copies_differ_max{2500};
  // The longest that an order waits for its first charge, before it expires: who would have to wait longer is not
  // taken.
  std::chrono::seconds payment_wait_max = domain::hold_terms{}.payment_wait_max;
  // Orders of an event that wait because somebody holds it; beyond it the event's purchases are refused. More: a longer
  // while until the last of them hears.
  int waiting_max = 100'000;
  // When a buyer is asked to come again, at the latest; and where `waiting_max` is reached, as nobody knows when those
  // go on. Longer: the buyer hears later that there are tickets, or gives up; shorter: more repeats in vain.
  std::chrono::seconds retry_after_most{30};
  std::chrono::seconds retry_after_backlog{10};
  std::int64_t settled_a_second = 10'000;  // where the worker does not say: on a small machine (docs/performance.md)
  domain::charge_bounds takes{};           // of the provider
  std::size_t remembered_max = 50'000;     // purchases under their buyers' keys: some 100 bytes each
};

class place_order {
 public:
  place_order(catalog::event_reader& events, order_finder& finder, messaging::order_publisher& publisher,
              progress_reader& progress, domain::order_id_mint& mint, const domain::clock& clock,
              place_settings settings)
      : events_(&events),
        finder_(&finder),
        publisher_(&publisher),
        progress_(&progress),
        mint_(&mint),
        clock_(&clock),
        settings_(settings),
        recent_(settings.remembered_max) {}

  [[nodiscard]] awaitable<placement> operator()(purchase_request request, deadline until);

 private:
  struct incoming {
    purchase_request request;
    std::shared_ptr<const domain::event_snapshot> event;
    domain::order_id id;
    domain::timestamp came_at;

    [[nodiscard]] bool has_key_of_buyer() const noexcept {
      return !request.idempotency_key.empty() && !request.is_key_of_nginx;
    }
  };

  [[nodiscard]] std::optional<unavailable_purchase> find_obstacle(const domain::event_snapshot& event) const;
  [[nodiscard]] awaitable<placement> refuse_unless_repeat(incoming purchase, objection against, bool may_be_accepted,
                                                          deadline until);
  [[nodiscard]] awaitable<bool> is_all_settled(domain::timestamp before, deadline until);
  [[nodiscard]] bool was_refused_everywhere(const incoming& purchase, const objection& against) const;
  [[nodiscard]] bool may_settle(const incoming& purchase, const objection& against) const;
  [[nodiscard]] awaitable<placement> turn_away(domain::order_id id, bool has_key_of_buyer, unavailable_purchase why,
                                               deadline until);
  [[nodiscard]] awaitable<placement> publish(incoming purchase, deadline until);
  [[nodiscard]] unavailable_purchase obstacle_of(messaging::publish_outcome outcome) const;
  [[nodiscard]] std::chrono::seconds time_to_settle_backlog() const;
  [[nodiscard]] std::chrono::seconds retry_in(std::chrono::seconds behind) const;

  catalog::event_reader* events_;
  order_finder* finder_;
  messaging::order_publisher* publisher_;
  progress_reader* progress_;
  domain::order_id_mint* mint_;
  const domain::clock* clock_;
  place_settings settings_;
  recent_purchases recent_;
};

}  // namespace ticketd::orders
