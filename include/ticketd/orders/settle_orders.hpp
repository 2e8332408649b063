// The worker's loop: takes batches of orders from the queue, settles each in one transaction, and acknowledges it after
// the commit. A crash anywhere repeats the batch, and the repeat skips what is known.
//
// A database that is away, or refuses everything, is waited for, with the batch in hand. What it refuses of one event,
// while it would take the same of another, waits in the waiting table (settle_waiting). An order that is at fault
// itself (order_settler) is rejected as not available; so is one of ours that cannot be read whole. What carries no
// seal of ours goes to the dead-letter queue alone; but where the event's ids are sealed under a secret that this
// worker was not given, it cannot tell, and takes the replica's word.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/order_settler.hpp"
#include "ticketd/orders/settle_waiting.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::orders {

struct settle_settings {
  settler_settings settler{};
  async::backoff_settings pauses{std::chrono::milliseconds(20), std::chrono::milliseconds(1000)};  // while it is away
  waiting_settings waiting{};
  // By how much an order may be behind one that was accepted after it: until its message is in the queue, and delivered
  // here. Longer: refusals that hang on it wait longer.
  std::chrono::milliseconds disorder_max{100};
};

class settle_orders {
 public:
  settle_orders(const asio::any_io_executor& executor, persistence::database& database,
                messaging::order_consumer& consumer, domain::order_id_mint& mint, const domain::clock& clock,
                domain::ticket_printer& printer, settle_settings settings, settlement_listener told,
                observability::metrics& metrics);

  // Runs until the consumer stops; the batch in hand is settled and acknowledged first, unless the database is away.
  [[nodiscard]] awaitable<> run();

  // Settles the orders that wait for their event because somebody else holds it, in their order, as soon as the lock is
  // free. Runs until stop(); beside run(), or alone.
  [[nodiscard]] awaitable<> run_waiting() { return waiting_.run(); }

  // Whether the database does not take what is to be settled, so that everything waits.
  [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_; }

  // What was accepted before this is settled. nullopt: nothing is known here, as this worker is not the one that
  // settles.
  [[nodiscard]] std::optional<domain::timestamp> settled_up_to(domain::timestamp now) const noexcept;

  // Gives up waiting for a database that is away; the batch goes back to the queue.
  void stop() noexcept {
    is_stopping_ = true;
    waiting_.stop();
  }

 private:
  [[nodiscard]] awaitable<bool> settle(messaging::order_batch& batch, settlement_report& report);
  [[nodiscard]] awaitable<bool> settle(std::span<const domain::accepted_order> orders, settlement_report& report);
  [[nodiscard]] bool is_ours(domain::accepted_order& order);
  // By event, of the events among these whose secret is not known here; nullopt where that was given up.
  using layouts_by_event = std::map<std::string, domain::id_layout, std::less<>>;
  [[nodiscard]] awaitable<std::optional<layouts_by_event>> events_of_unknown_secrets(
      std::span<const domain::accepted_order> orders);
  [[nodiscard]] awaitable<bool> settle_together(std::span<const domain::accepted_order> orders,
                                                settlement_report& report);
  [[nodiscard]] awaitable<bool> settle_in_two(std::span<const domain::accepted_order> orders,
                                              std::set<std::string_view> events, settlement_report& report);
  [[nodiscard]] awaitable<bool> defer_if_it_is_the_event(std::span<const domain::accepted_order> orders,
                                                         const settlement_end& end, settlement_report& report);
  [[nodiscard]] awaitable<bool> reject_malformed(messaging::order_batch& batch, settlement_report& report);
  [[nodiscard]] awaitable<bool> wait_out(const error_code& failure);
  void note_success();
  void note_settled(const messaging::order_batch& batch);

  asio::any_io_executor executor_;
  persistence::database* database_;
  messaging::order_consumer* consumer_;
  domain::order_id_mint* mint_;
  const domain::clock* clock_;
  settle_settings settings_;
  settlement_listener listener_;
  observability::metrics* metrics_;
  order_settler from_queue_;
  settle_waiting waiting_;
  async::backoff backoff_;
  bool has_missed_secret_ = false;
  std::optional<domain::timestamp> last_settled_;  // when the last order was accepted that was settled
  bool is_waiting_ = false;
  bool is_stopping_ = false;
};

}  // namespace ticketd::orders
