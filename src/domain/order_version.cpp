#include "ticketd/domain/order_version.hpp"

namespace ticketd::domain {

std::int64_t version_of(const order_view& order) noexcept {
  return order.status == order_status::queued ? 0 : order.updated_at.time_since_epoch().count();
}

bool may_change(const order_view& order) noexcept {
  switch (order.status) {
    case order_status::queued:
    case order_status::reserved:
      return true;
    case order_status::expired:
      return order.is_charge_open;
    case order_status::confirmed:
    case order_status::rejected:
    case order_status::payment_failed:
      return false;
  }
  return false;
}

}  // namespace ticketd::domain
