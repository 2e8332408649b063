// What a settlement asks when it begins, in one round trip: opens the transaction, takes the locks, and reads what is
// to be known; and what the answers say.
//
// Pure: what runs it is the store. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"
#include "persistence/wholeness.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/settlement_reading.hpp"
#include "ticketd/persistence/locks.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ticketd::persistence {

class settlement_query {
 public:
  settlement_query(std::span<const domain::accepted_order> orders, lock_wait locks);

  // Once.
  [[nodiscard]] pipeline take_statements() noexcept { return std::move(statements_); }

  // `answers`: of these statements.
  [[nodiscard]] restored_parts read_parts(const std::vector<rows>& answers) const;
  [[nodiscard]] domain::settlement_reading read(const std::vector<rows>& answers) const;

 private:
  // Where the next statement's answer will be.
  [[nodiscard]] std::size_t next_place() const noexcept { return statements_.statements().size(); }

  pipeline statements_;
  std::size_t parts_ = 0;
  std::size_t locked_events_ = 0;
  std::size_t stock_ = 0;
  std::size_t orders_of_buyers_ = 0;
  std::size_t events_with_waiting_ = 0;
  std::size_t waiting_orders_ = 0;
  std::optional<std::size_t> orders_of_buyers_before_;  // where there are orders with an id of the first layout
  std::optional<std::size_t> locked_categories_;        // where what others hold is passed over
};

}  // namespace ticketd::persistence
