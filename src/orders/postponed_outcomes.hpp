// What certainly was not charged, and the database does not take at the moment: somebody holds its rows, or it refuses
// them. It is written when it can be, and its order is left alone until then: nobody would say it again when the
// provider is asked after the hold is over.
//
// A plain class. Thread: one.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/payment.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace ticketd::orders {

class postponed_outcomes {
 public:
  explicit postponed_outcomes(std::size_t most) : most_(most) {}

  // Of any other outcome, or of one too many, nothing is kept: its lease runs out, and the provider is asked again.
  void add(const domain::payment_outcome& outcome);

  // All of them, to be tried again; while that goes on they are known as before. What is not written is added again.
  [[nodiscard]] std::span<const domain::payment_outcome> begin_writing();
  void end_writing() { being_written_.clear(); }

  [[nodiscard]] bool contains(const domain::order_id& order) const;
  [[nodiscard]] std::vector<domain::order_id> orders() const;

 private:
  std::size_t most_;
  std::vector<domain::payment_outcome> waiting_;
  std::vector<domain::payment_outcome> being_written_;
};

}  // namespace ticketd::orders
