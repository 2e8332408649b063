// That an order came through a message, or the broker, as it was.
#pragma once

#include "support/catch2.hpp"
#include "ticketd/domain/order.hpp"

namespace ticketd::test {

// The members that messages have had since version 1, but for the trace, which is forwarded as far as it is
// well-formed.
inline void check_version_1_members(const domain::accepted_order& read, const domain::accepted_order& sent) {
  CHECK(read.id == sent.id);
  CHECK(read.event_id == sent.event_id);
  CHECK(read.category_id == sent.category_id);
  CHECK(read.quantity == sent.quantity);
  CHECK(read.buyer.name == sent.buyer.name);
  CHECK(read.buyer.email == sent.buyer.email);
  CHECK(read.accepted_at == sent.accepted_at);
}

}  // namespace ticketd::test
