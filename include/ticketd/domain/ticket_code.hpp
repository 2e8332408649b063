// The codes on tickets: what is shown at the door.
//
// Thread: one at a time for a printer; owned by its role.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/secrets.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::domain {

class sealing_keys;  // private
class keyed_hash;

// Prints codes: 16 characters of Crockford's base 32 (80 bits), a function of the order and of the secret that sealed
// its id, so neither a crash between two attempts to write one nor a new secret can print two different codes for one
// ticket. One thread at a time.
class ticket_printer {
 public:
  explicit ticket_printer(const secrets& known);
  ~ticket_printer();
  ticket_printer(ticket_printer&&) noexcept;
  ticket_printer& operator=(ticket_printer&&) noexcept;

  // Of an order's tickets, the first first.
  [[nodiscard]] std::vector<std::string> codes(const order_id& order, int quantity);

 private:
  [[nodiscard]] keyed_hash& hash_for(const order_id& order);

  std::unique_ptr<sealing_keys> keys_;
};

// A ticket's id: its order's invoice number, and which of the order's tickets it is. Not the order's id, which opens
// the order to whoever has it: a ticket is passed on to a friend.
[[nodiscard]] std::string ticket_id(std::string_view invoice_number, int ordinal);

}  // namespace ticketd::domain
