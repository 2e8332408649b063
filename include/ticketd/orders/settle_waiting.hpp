// The worker's second loop: settles the orders that wait in the waiting table, because somebody else holds their event
// or the database does not take its rows, event by event and in their order.
//
// Keeps which events are in trouble, for whoever settles from the queue as well.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/order_settler.hpp"
#include "ticketd/orders/troubled_events.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace ticketd::orders {

struct waiting_settings {
  std::size_t batch_max = 2000;  // of an event's orders at once
  // How soon they are tried again, and how often is looked whether another worker left some.
  std::chrono::milliseconds retry{50};
  std::chrono::milliseconds poll{1000};
  std::size_t events_max = 4;  // at once. More: fewer connections for the rest
  // Before one of them is tried again, where the database did not take it.
  async::backoff_settings pauses{std::chrono::milliseconds(50), std::chrono::milliseconds(2000)};
};

class settle_waiting {
 public:
  settle_waiting(const asio::any_io_executor& executor, persistence::database& database, const domain::clock& clock,
                 domain::ticket_printer& printer, settler_settings settler, waiting_settings settings,
                 settlement_listener told, observability::metrics& metrics);

  // Settles what waits, as soon as its event is free. Runs until stop().
  [[nodiscard]] awaitable<> run();

  // Some more wait from now on.
  void orders_deferred() { deferred_.set(); }

  // Whether the event is in trouble: what comes of it waits behind what waits.
  [[nodiscard]] bool is_in_trouble(const std::string& event_id) const { return troubled_.contains(event_id); }
  [[nodiscard]] bool is_any_in_trouble() const noexcept { return !troubled_.is_empty(); }
  void note_trouble(const std::string& event_id, const error_code& failure);

  void stop() noexcept {
    is_stopping_ = true;
    deferred_.set();
  }

 private:
  [[nodiscard]] awaitable<std::vector<std::string>> events();
  [[nodiscard]] awaitable<> settle(std::string event_id);
  [[nodiscard]] awaitable<std::vector<domain::accepted_order>> orders_of(const std::string& event_id, std::size_t most);
  void note_recovery(const std::string& event_id);

  asio::any_io_executor executor_;
  persistence::database* database_;
  const domain::clock* clock_;
  domain::ticket_printer* printer_;
  settler_settings settler_;
  waiting_settings settings_;
  settlement_listener listener_;
  observability::metrics* metrics_;
  troubled_events troubled_;
  std::set<std::string> in_hand_;  // events whose orders are being settled
  async::auto_reset_event deferred_;
  bool is_stopping_ = false;
};

}  // namespace ticketd::orders
