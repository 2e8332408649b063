#include "ticketd/domain/ticket_code.hpp"

#include "domain/sealing_keys.hpp"

#include <fmt/format.h>

#include <string>

namespace ticketd::domain {
namespace {

std::string code_of(keyed_hash& hash, const order_id& order, int ordinal) {
  constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t code_size = 16;
  const auto digest = hash('t', as_text(order.value()), std::to_string(ordinal));
  std::string code;
  for (std::size_t i = 0; i < code_size; ++i) {
    const std::size_t bit = i * 5;
    const unsigned two_bytes = static_cast<unsigned>(digest[bit / 8] << 8 | digest[bit / 8 + 1]);
    code += crockford[(two_bytes >> (11 - bit % 8)) & 0x1f];
  }
  return code;
}

}  // namespace

ticket_printer::ticket_printer(const secrets& known) : keys_(std::make_unique<sealing_keys>(known)) {}
ticket_printer::~ticket_printer() = default;
ticket_printer::ticket_printer(ticket_printer&&) noexcept = default;
ticket_printer& ticket_printer::operator=(ticket_printer&&) noexcept = default;

// With one secret there is nothing to choose. What none of them has sealed (its secret is not known here) is printed
// under the one in use: it is written down with the order, once.
keyed_hash& ticket_printer::hash_for(const order_id& order) {
  auto* sealer = keys_->all().size() > 1 ? keys_->sealer_of(order) : nullptr;
  return (sealer ? *sealer : keys_->current()).hash;
}

std::vector<std::string> ticket_printer::codes(const order_id& order, int quantity) {
  auto& hash = hash_for(order);
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(quantity));
  for (int ordinal = 1; ordinal <= quantity; ++ordinal) all.push_back(code_of(hash, order, ordinal));
  return all;
}

std::string ticket_id(std::string_view invoice_number, int ordinal) {
  return fmt::format("{}-{}", invoice_number, ordinal);
}

}  // namespace ticketd::domain
