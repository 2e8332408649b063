// A pooled connection on loan, with the stores on it.
//
// Thread: the executor's. Owned by who took it from the pool; goes back when it is destroyed.
#pragma once

#include "persistence/postgres_stores.hpp"

#include <memory>
#include <utility>

namespace ticketd::persistence {

class postgres_session final : public session {
 public:
  explicit postgres_session(std::shared_ptr<connection> lent) noexcept
      : connection_(std::move(lent)),
        orders_(*connection_),
        settlement_(*connection_),
        waiting_orders_(*connection_),
        claims_(*connection_),
        payments_(*connection_),
        events_(*connection_),
        erasures_(*connection_) {}

  order_store& orders() noexcept override { return orders_; }
  settlement_store& settlement() noexcept override { return settlement_; }
  waiting_order_store& waiting_orders() noexcept override { return waiting_orders_; }
  payment_claims& claims() noexcept override { return claims_; }
  payment_store& payments() noexcept override { return payments_; }
  event_store& events() noexcept override { return events_; }
  erasure_store& erasures() noexcept override { return erasures_; }
  awaitable<result<domain::timestamp>> time(deadline until) override;

  [[nodiscard]] connection& on() noexcept { return *connection_; }

 private:
  std::shared_ptr<connection> connection_;
  postgres_order_store orders_;
  postgres_settlement_store settlement_;
  postgres_waiting_order_store waiting_orders_;
  postgres_payment_claims claims_;
  postgres_payment_store payments_;
  postgres_event_store events_;
  postgres_erasure_store erasures_;
};

}  // namespace ticketd::persistence
