// Invoices are numbered without a gap within their event: 1, 2, 3 ... The event's row has the last number, and whoever
// numbers holds its lock.
//
// Pure: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ticketd::domain {

// By event, the number of its last invoice; 0, or no entry, where it has none.
using last_invoices = std::map<std::string, std::int64_t>;

// The event's next invoice, whose number is the last one then.
[[nodiscard]] std::int64_t next_invoice(last_invoices& last, const std::string& event_id);

// As it is printed: "TARKAN-2027-000001".
[[nodiscard]] std::string invoice_number(std::string_view event_id, std::int64_t number);

}  // namespace ticketd::domain
