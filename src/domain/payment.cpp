#include "ticketd/domain/payment.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ticketd::domain {
namespace {

using name = std::pair<payment_status, std::string_view>;

constexpr std::array<name, 8> names{{
    {payment_status::pending, "pending"},
    {payment_status::succeeded, "succeeded"},
    {payment_status::declined, "declined"},
    {payment_status::canceled, "canceled"},
    {payment_status::refund_due, "refund_due"},
    {payment_status::refund_pending, "refund_pending"},
    {payment_status::refunded, "refunded"},
    {payment_status::refund_failed, "refund_failed"},
}};

}  // namespace

std::string_view to_string(payment_status status) noexcept {
  return std::ranges::find(names, status, &name::first)->second;
}

std::optional<payment_status> parse_payment_status(std::string_view text) noexcept {
  const auto* const found = std::ranges::find(names, text, &name::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

bool is_certainly_not_done(payment_result result) noexcept {
  return result == payment_result::not_done || result == payment_result::absent ||
         result == payment_result::our_mistake;
}

std::optional<payment_task> next_task(payment_status status) noexcept {
  switch (status) {
    case payment_status::pending:
      return payment_task::charge;
    case payment_status::refund_due:
      return payment_task::refund;
    case payment_status::refund_pending:
      return payment_task::follow_refund;
    case payment_status::succeeded:
    case payment_status::declined:
    case payment_status::canceled:
    case payment_status::refunded:
    case payment_status::refund_failed:
      return std::nullopt;
  }
  return std::nullopt;
}

bool ends_with_order(payment_status status) noexcept {
  return status == payment_status::succeeded || status == payment_status::declined ||
         status == payment_status::canceled;
}

}  // namespace ticketd::domain
