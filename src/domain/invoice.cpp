#include "ticketd/domain/invoice.hpp"

#include <fmt/format.h>

namespace ticketd::domain {

std::int64_t next_invoice(last_invoices& last, const std::string& event_id) { return ++last[event_id]; }

std::string invoice_number(std::string_view event_id, std::int64_t number) {
  std::string upper(event_id);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return fmt::format("{}-{:06}", upper, number);
}

}  // namespace ticketd::domain
