// What this replica remembers of the latest purchases under keys of their buyers' own: whether a key comes again with
// another body, and whether its first attempt was accepted, or may be yet. Bounded: the oldest are forgotten.
//
// A plain class. Thread: one.
#pragma once

#include "ticketd/orders/purchase.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>

namespace ticketd::orders {

class recent_purchases {
 public:
  enum class memory {
    none,     // not remembered, or certainly not accepted
    begun,    // the same purchase is under way, or its outcome is unknown
    placed,   // the same purchase was accepted
    another,  // another purchase was begun, or accepted, under this id
  };

  explicit recent_purchases(std::size_t purchases_max) noexcept : purchases_max_(purchases_max) {}

  [[nodiscard]] memory recall(const domain::order_id& id, const purchase_request& request) const;
  // False if something is remembered under this id already, which stays.
  bool begin(const domain::order_id& id, const purchase_request& request);
  void note_placed(const domain::order_id& id);
  // It was certainly not accepted.
  void forget(const domain::order_id& id);

 private:
  struct purchase {
    std::size_t fingerprint = 0;
    bool is_placed = false;
  };

  std::size_t purchases_max_;
  std::unordered_map<domain::order_id, purchase> by_id_;
  std::deque<domain::order_id> oldest_first_;  // forgotten ones included
};

}  // namespace ticketd::orders
