// Orders as a message's body, and back (docs/architecture.md, "The message").
//
// Thread: any; nothing is shared.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ticketd::messaging {

// Builds one body. On the path of every purchase, so it appends to a string and builds no tree.
class order_encoder {
 public:
  void add(const domain::accepted_order& order);
  // The body; the encoder is empty again.
  [[nodiscard]] std::string take();

 private:
  std::string body_;
};

struct decoded_message {
  std::vector<domain::accepted_order> orders;
  std::vector<dead_letter> malformed;
};

// Never fails: what cannot be read as an order is in `malformed` with its reason, one by one where the message can be
// taken apart, and as a whole where it can't.
[[nodiscard]] decoded_message decode_message(std::string_view body);

}  // namespace ticketd::messaging
