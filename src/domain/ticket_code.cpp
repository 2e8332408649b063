#include "ticketd/domain/ticket_code.hpp"

#include "domain/keyed_hash.hpp"

namespace ticketd::domain {

ticket_printer::ticket_printer(std::string_view secret) : hash_(std::make_unique<keyed_hash>(secret)) {}
ticket_printer::~ticket_printer() = default;
ticket_printer::ticket_printer(ticket_printer&&) noexcept = default;
ticket_printer& ticket_printer::operator=(ticket_printer&&) noexcept = default;

std::string ticket_printer::code(const order_id& order, int ordinal) {
  constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t code_size = 16;
  const auto digest = (*hash_)('t', as_text(order.value()), std::to_string(ordinal));
  std::string code;
  for (std::size_t i = 0; i < code_size; ++i) {
    const std::size_t bit = i * 5;
    const unsigned two_bytes = static_cast<unsigned>(digest[bit / 8] << 8 | digest[bit / 8 + 1]);
    code += crockford[(two_bytes >> (11 - bit % 8)) & 0x1f];
  }
  return code;
}

std::vector<std::string> ticket_printer::codes(const order_id& order, int quantity) {
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(quantity));
  for (int ordinal = 1; ordinal <= quantity; ++ordinal) all.push_back(code(order, ordinal));
  return all;
}

std::string ticket_id(const order_id& order, int ordinal) { return order.to_string() + "-" + std::to_string(ordinal); }

}  // namespace ticketd::domain
