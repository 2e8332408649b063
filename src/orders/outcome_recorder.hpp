// Writes what came of payments, many in one transaction, and keeps in hand what the database does not take.
//
// Thread: the executor's. What it is made of outlives it, and it outlives its run functions.
#pragma once

#include "orders/postponed_outcomes.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/payment.hpp"
#include "ticketd/domain/payment_settlement.hpp"
#include "ticketd/domain/ticket_code.hpp"
#include "ticketd/orders/charge_settings.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace ticketd::orders {

struct unwritten_outcome {
  domain::payment_outcome outcome;
  error_code why;
};

// Whether these, of a batch of so many that has been in hand for so long, are given up: each was refused alone by a
// database that is there, and that takes others' or has had its time.
[[nodiscard]] bool are_to_be_given_up(std::span<const unwritten_outcome> unwritten, std::size_t batch,
                                      std::chrono::steady_clock::duration in_hand, std::chrono::milliseconds most);

class outcome_recorder {
 public:
  struct listener {
    std::function<void(std::span<const domain::payment_decision>)> decided;
    std::function<void(std::span<const domain::payment_outcome>)> over;  // written, or given up
  };

  outcome_recorder(const asio::any_io_executor& executor, persistence::database& database,
                   domain::ticket_printer& printer, const charge_settings& settings, listener told);

  // To be written soon; returns at once.
  void take(domain::payment_outcome outcome);

  // Until the executor stops: what it was given; and, beside it, what is postponed, for which the others do not wait.
  [[nodiscard]] awaitable<> run();
  [[nodiscard]] awaitable<> run_postponed();

  [[nodiscard]] const postponed_outcomes& postponed() const noexcept { return postponed_; }

 private:
  using outcomes = std::vector<domain::payment_outcome>;

  [[nodiscard]] awaitable<> record_until_over(outcomes batch);
  [[nodiscard]] awaitable<std::vector<unwritten_outcome>> record_by_halves(
      std::span<const domain::payment_outcome> batch, bool are_new);
  [[nodiscard]] awaitable<error_code> record(std::span<const domain::payment_outcome> batch);
  void give_up(std::span<const unwritten_outcome> refused);

  asio::any_io_executor executor_;
  persistence::database* database_;
  domain::ticket_printer* printer_;
  charge_settings settings_;
  listener told_;
  outcomes outcomes_;
  async::auto_reset_event has_outcome_;
  postponed_outcomes postponed_;
};

}  // namespace ticketd::orders
