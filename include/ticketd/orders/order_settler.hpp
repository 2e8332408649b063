// Settles accepted orders from one source, as many a transaction as fit, and finds out whose fault a failure is.
//
// An order that the database refuses twice, while it would take the same one without the text that its buyer wrote, is
// found by halving its batch, and is rejected as not available. Every other failure is the caller's, who may ask
// whether it is one event's own.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/orders/batch_size.hpp"
#include "ticketd/orders/commit_listener.hpp"
#include "ticketd/orders/settle_batch.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace ticketd::orders {

struct settler_settings {
  settlement_rules rules{};
  // Of one batch's transaction. Longer: a database that hangs is noticed later; shorter: a large batch may never fit.
  std::chrono::milliseconds transaction{10'000};
  batch_bounds batch{};
};

// What has become of orders.
struct settlement_report {
  std::vector<messaging::dead_letter> dead_letters;
  std::set<std::string> changed_events;
  std::vector<domain::order_id> changed_orders;
  std::size_t payments_due = 0;
  std::size_t decided = 0;
  std::size_t deferred = 0;
};

// Told of what a batch's commits have changed, and of what they left to charge.
struct settlement_listener {
  commit_listener changes;
  std::function<void(std::size_t orders)> payments_due;

  void hear(const settlement_report& report) const;
};

// How far it came: so many from the front are settled, and so many of the next were tried in one transaction that
// failed.
struct settlement_end {
  std::size_t settled = 0;
  std::size_t tried = 0;
  error_code failure;
};

class order_settler {
 public:
  order_settler(persistence::database& database, domain::ticket_printer& printer, domain::order_source from,
                settler_settings settings, observability::metrics& metrics)
      : database_(&database),
        printer_(&printer),
        from_(from),
        settings_(settings),
        metrics_(&metrics),
        size_(settings.batch) {}

  [[nodiscard]] awaitable<settlement_end> settle(std::span<const domain::accepted_order> orders,
                                                 settlement_report& report);

  // It still ends where its buyer can read it: with the buyer's text or, where the database refuses that, without.
  [[nodiscard]] awaitable<error_code> reject(domain::accepted_order order, std::string why, settlement_report& report);

  // Whether the database would settle these, which are of one event, if they were another's; and in time. A sample is
  // tried.
  [[nodiscard]] awaitable<bool> would_settle_elsewhere(std::span<const domain::accepted_order> orders);

  // Lets these wait for their event, in the waiting table.
  [[nodiscard]] awaitable<error_code> defer(std::span<const domain::accepted_order> orders, settlement_report& report);

 private:
  [[nodiscard]] awaitable<settlement_end> settle_faulty(std::span<const domain::accepted_order> orders,
                                                        error_code failure, settlement_report& report);
  [[nodiscard]] awaitable<result<domain::allocation>> attempt(std::span<const domain::accepted_order> orders);
  [[nodiscard]] awaitable<bool> would_settle_with_other_buyer_text(std::span<const domain::accepted_order> orders,
                                                                   error_code failure);
  [[nodiscard]] awaitable<std::optional<std::chrono::nanoseconds>> rehearse(
      std::span<const domain::accepted_order> orders, const domain::category_stock& other, deadline until);
  [[nodiscard]] awaitable<result<domain::allocation>> attempt_rejection(const domain::accepted_order& order);
  void record(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
              settlement_report& report);
  void record_decisions(std::span<const domain::accepted_order> orders, std::span<const domain::decision> decisions,
                        settlement_report& report);

  persistence::database* database_;
  domain::ticket_printer* printer_;
  domain::order_source from_;
  settler_settings settings_;
  observability::metrics* metrics_;
  batch_size size_;
};

}  // namespace ticketd::orders
