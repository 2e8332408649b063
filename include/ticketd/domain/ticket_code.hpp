// The codes on tickets: what is shown at the door.
//
// Thread: one at a time for a printer; owned by its role.
#pragma once

#include "ticketd/domain/order_id.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::domain {

class keyed_hash;  // private

// Prints codes: 16 characters of Crockford's base 32 (80 bits), a function of the secret, so a crash between two
// attempts to write one cannot print two different codes for one ticket. One thread at a time.
class ticket_printer {
 public:
  explicit ticket_printer(std::string_view secret);
  ~ticket_printer();
  ticket_printer(ticket_printer&&) noexcept;
  ticket_printer& operator=(ticket_printer&&) noexcept;

  // Of the n-th ticket of an order, from 1.
  [[nodiscard]] std::string code(const order_id& order, int ordinal);

  // Of all of them, the first first.
  [[nodiscard]] std::vector<std::string> codes(const order_id& order, int quantity);

 private:
  std::unique_ptr<keyed_hash> hash_;
};

// A ticket's id: its order's, and which of them it is.
[[nodiscard]] std::string ticket_id(const order_id& order, int ordinal);

}  // namespace ticketd::domain
