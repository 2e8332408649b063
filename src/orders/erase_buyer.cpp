#include "ticketd/orders/erase_buyer.hpp"

#include "ticketd/domain/buyer.hpp"
#include "ticketd/persistence/erasure_store.hpp"

#include <utility>
#include <vector>

namespace ticketd::orders {

using domain::erasure_obstacle;

awaitable<result<erasure>> erase_buyer(persistence::database& database, std::string address, deadline connected_by,
                                       deadline until) {
  // As it is, too: what was stored before there was the canonical form of today.
  const std::vector<std::string> addresses{domain::canonical_email(address), address};
  auto session = co_await database.acquire(connected_by);
  if (!session) co_return session.error();
  auto& store = (*session)->erasures();
  auto context = co_await store.begin(addresses, until);
  if (!context) co_return context.error();

  erasure done;
  done.obstacle = domain::find_obstacle(*context);
  done.context = std::move(*context);
  if (done.obstacle != erasure_obstacle::none) {
    const auto abandoned = co_await store.abandon(until);
    if (!abandoned) co_return abandoned.error();
    co_return done;
  }
  const auto orders = co_await store.commit(addresses, until);
  if (!orders) co_return orders.error();
  done.orders = *orders;
  co_return done;
}

}  // namespace ticketd::orders
