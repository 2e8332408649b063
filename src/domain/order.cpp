#include "ticketd/domain/order.hpp"

#include "ticketd/domain/order_limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ticketd::domain {
namespace {

template <class Enum, std::size_t Size>
using names = std::array<std::pair<Enum, std::string_view>, Size>;

constexpr names<order_status, 6> status_names{{
    {order_status::queued, "queued"},
    {order_status::reserved, "reserved"},
    {order_status::confirmed, "confirmed"},
    {order_status::rejected, "rejected"},
    {order_status::payment_failed, "payment_failed"},
    {order_status::expired, "expired"},
}};

constexpr names<order_reason, 8> reason_names{{
    {order_reason::none, ""},
    {order_reason::sold_out, "sold_out"},
    {order_reason::limit_exceeded, "limit_exceeded"},
    {order_reason::sale_not_open, "sale_not_open"},
    {order_reason::sale_closed, "sale_closed"},
    {order_reason::not_available, "not_available"},
    {order_reason::payment_declined, "payment_declined"},
    {order_reason::hold_expired, "hold_expired"},
}};

template <class Enum, std::size_t Size>
std::string_view name_of(const names<Enum, Size>& table, Enum value) noexcept {
  return std::ranges::find(table, value, &std::pair<Enum, std::string_view>::first)->second;
}

template <class Enum, std::size_t Size>
std::optional<Enum> value_of(const names<Enum, Size>& table, std::string_view name) noexcept {
  const auto found = std::ranges::find(table, name, &std::pair<Enum, std::string_view>::second);
  if (found == table.end()) return std::nullopt;
  return found->first;
}

}  // namespace

std::string_view to_string(order_status status) noexcept { return name_of(status_names, status); }
std::string_view to_string(order_reason reason) noexcept { return name_of(reason_names, reason); }

std::optional<order_status> parse_order_status(std::string_view text) noexcept { return value_of(status_names, text); }
std::optional<order_reason> parse_order_reason(std::string_view text) noexcept { return value_of(reason_names, text); }

bool holds_tickets(order_status status) noexcept {
  return status == order_status::reserved || status == order_status::confirmed;
}

accepted_order without_buyer_text(accepted_order order) {
  order.buyer = {std::string(unknown_buyer), std::string(unknown_buyer)};
  order.payment_method.clear();
  order.traceparent.clear();
  return order;
}

accepted_order with_longest_buyer_text(accepted_order order) {
  constexpr std::string_view letters = "\u0130\u011f\u738b\U0001f3ab";  // two, two, three and four bytes of UTF-8
  std::string& name = order.buyer.name = "A";
  while (name.size() + letters.size() <= buyer_name_bytes_max) name += letters;

  const std::string label(63, 'a');  // RFC 1035, 2.3.4
  std::string& email = order.buyer.email = order.id.to_string();
  while (email.size() + letters.size() <= email_local_part_bytes_max) email += letters;
  email += '@' + label + '.' + label + '.';
  email.append(email_bytes_max - email.size(), 'b');

  order.payment_method = std::string(payment_method_bytes_max, 'A');
  order.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";  // W3C Trace Context, 3.2; not sampled
  return order;
}

accepted_order remains_of(const order_id& id, timestamp found_at) {
  accepted_order order;
  order.id = id;
  order.quantity = 1;
  order.buyer = {std::string(unknown_buyer), std::string(unknown_buyer)};
  order.accepted_at = found_at;
  return order;
}

}  // namespace ticketd::domain
