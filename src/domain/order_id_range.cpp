#include "ticketd/domain/order_id_range.hpp"

#include "domain/order_id_parts.hpp"

#include <algorithm>
#include <cstdint>

namespace ticketd::domain {

std::pair<order_id, order_id> ids_of_same_buyer(const order_id& id) noexcept {
  order_id::bytes first = id.value();
  order_id::bytes last = id.value();
  std::fill(first.begin() + buyer_end, first.end(), std::uint8_t{0x00});
  std::fill(last.begin() + buyer_end, last.end(), std::uint8_t{0xff});
  return {order_id(first), order_id(last)};
}

}  // namespace ticketd::domain
