// Orders as a message's body, and back (docs/architecture.md, "The message").
//
// Thread: any; nothing is shared.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/timestamp.hpp"
#include "ticketd/messaging/order_consumer.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ticketd::messaging {

// Builds one body, of version 2. On the path of every purchase, so it appends to a string and builds no tree.
class order_encoder {
 public:
  // Whatever bytes the order holds, the body stays JSON in UTF-8, so that they never cost another order its place.
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

// The message says that it is of another version than 1 and 2: only a newer worker knows what is in it.
struct unknown_version {
  std::string version;  // as it stands in the message
};

// `now`: when it was delivered. Never fails: what cannot be read as an order is in `malformed` with its reason, one by
// one where the message can be taken apart, and as a whole where it can't.
[[nodiscard]] std::variant<decoded_message, unknown_version> decode_message(std::string_view body,
                                                                            domain::timestamp now);

}  // namespace ticketd::messaging
