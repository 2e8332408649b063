// The stores on one connection. Each lives as long as its session.
//
// Thread: the executor's.
#pragma once

#include "persistence/connection.hpp"
#include "ticketd/persistence/erasure_store.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/order_store.hpp"
#include "ticketd/persistence/payment_claims.hpp"
#include "ticketd/persistence/payment_store.hpp"
#include "ticketd/persistence/settlement_store.hpp"
#include "ticketd/persistence/waiting_order_store.hpp"

namespace ticketd::persistence {

class postgres_order_store final : public order_store {
 public:
  explicit postgres_order_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids,
                                                          deadline until) override;
  awaitable<result<std::vector<domain::order_view>>> find_changed(std::span<const known_order> known,
                                                                  deadline until) override;

 private:
  connection* connection_;
};

class postgres_settlement_store final : public settlement_store {
 public:
  explicit postgres_settlement_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<domain::settlement_reading>> begin(std::span<const domain::accepted_order> orders, lock_wait locks,
                                                      deadline until) override;
  awaitable<result<void>> commit(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                                 domain::order_source from, const domain::new_payment& payment,
                                 deadline until) override;
  awaitable<result<void>> rehearse(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                                   domain::order_source from, const domain::new_payment& payment,
                                   deadline until) override;
  awaitable<result<void>> abandon(deadline until) override;
  awaitable<result<std::vector<domain::rehearsal_candidate>>> categories_elsewhere(std::string_view event_id,
                                                                                   deadline until) override;

 private:
  connection* connection_;
};

class postgres_waiting_order_store final : public waiting_order_store {
 public:
  explicit postgres_waiting_order_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<std::vector<std::string>>> events(deadline until) override;
  awaitable<result<std::vector<domain::accepted_order>>> orders_of(std::string_view event_id, std::size_t most,
                                                                   deadline until) override;

 private:
  connection* connection_;
};

class postgres_payment_claims final : public payment_claims {
 public:
  explicit postgres_payment_claims(connection& on) noexcept : connection_(&on) {}

  awaitable<result<std::vector<domain::due_payment>>> claim(const claim_terms& terms, std::size_t most,
                                                            const std::vector<domain::order_id>& passed_over,
                                                            deadline until) override;
  awaitable<result<std::vector<domain::due_payment>>> claim_refunds(const claim_terms& terms, std::size_t most,
                                                                    deadline until) override;
  awaitable<result<std::optional<domain::due_payment>>> claim_any_charge(
      const claim_terms& terms, const std::vector<domain::order_id>& passed_over, deadline until) override;
  awaitable<result<std::optional<domain::due_payment>>> claim_charge_of(const domain::order_id& order,
                                                                        int attempts_over, const claim_terms& terms,
                                                                        deadline until) override;
  awaitable<result<waiting_charges>> count_waiting(std::chrono::milliseconds soon, deadline until) override;

 private:
  connection* connection_;
};

class postgres_payment_store final : public payment_store {
 public:
  explicit postgres_payment_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<domain::payment_reading>> begin_recording(std::span<const domain::order_id> orders, lock_wait locks,
                                                             deadline until) override;
  awaitable<result<std::vector<std::string>>> events_with_old_holds(std::size_t most,
                                                                    const std::vector<std::string>& passed_over,
                                                                    deadline until) override;
  awaitable<result<domain::payment_context>> begin_expiry(std::span<const std::string> events, std::size_t most,
                                                          deadline until) override;
  awaitable<result<void>> commit(std::span<const domain::payment_decision> decisions, deadline until) override;

 private:
  connection* connection_;
};

class postgres_event_store final : public event_store {
 public:
  explicit postgres_event_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<std::vector<domain::event_snapshot>>> list(deadline until) override;
  awaitable<result<std::vector<std::string>>> ids(deadline until) override;
  awaitable<result<std::optional<domain::event_snapshot>>> find(std::string_view event_id, deadline until) override;
  awaitable<result<std::vector<domain::event_snapshot>>> find(std::span<const std::string> event_ids,
                                                              deadline until) override;
  awaitable<result<domain::definition_context>> begin_definition(const domain::event_definition& event,
                                                                 deadline until) override;
  awaitable<result<void>> commit_definition(const domain::event_definition& event, domain::define_outcome outcome,
                                            deadline until) override;
  awaitable<result<void>> name_old_secret(std::string_view generation, deadline until) override;
  awaitable<result<void>> abandon_definition(deadline until) override;

 private:
  connection* connection_;
};

class postgres_erasure_store final : public erasure_store {
 public:
  explicit postgres_erasure_store(connection& on) noexcept : connection_(&on) {}

  awaitable<result<domain::erasure_context>> begin(std::span<const std::string> addresses, deadline until) override;
  awaitable<result<std::int64_t>> commit(std::span<const std::string> addresses, deadline until) override;
  awaitable<result<void>> abandon(deadline until) override;

 private:
  connection* connection_;
};

}  // namespace ticketd::persistence
