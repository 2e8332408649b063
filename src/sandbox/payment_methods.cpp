#include "sandbox/payment_methods.hpp"

#include <algorithm>
#include <iterator>

namespace ticketd::sandbox {
namespace {

constexpr std::string_view prefix = "pm_card_";
constexpr std::string_view slow = "slow";
constexpr std::chrono::milliseconds slow_charge{4000};

constexpr std::string_view charged[] = {
    "visa", "visa_debit", "mastercard", "mastercard_debit", "mastercard_prepaid", "amex", "discover", "diners",
    "jcb",  "unionpay",   slow};

struct refused_method {
  std::string_view name;  // after the prefix, and "visa_" where that is given
  card_refusal refusal;
};
constexpr refused_method refused[] = {
    {"chargeDeclined", {"card_declined", "generic_decline"}},
    {"chargeDeclinedInsufficientFunds", {"card_declined", "insufficient_funds"}},
    {"chargeDeclinedLostCard", {"card_declined", "lost_card"}},
    {"chargeDeclinedStolenCard", {"card_declined", "stolen_card"}},
    {"chargeDeclinedFraudulent", {"card_declined", "fraudulent"}},
    {"chargeDeclinedVelocityLimitExceeded", {"card_declined", "card_velocity_exceeded"}},
    {"chargeDeclinedExpiredCard", {"expired_card", ""}},
    {"chargeDeclinedIncorrectCvc", {"incorrect_cvc", ""}},
    {"chargeDeclinedProcessingError", {"processing_error", ""}},
    {"radarBlock", {"card_declined", "fraudulent"}},
    {"authenticationRequired", {"authentication_required", "authentication_required"}},
};

// Of a country's card: "tr".
bool is_country(std::string_view name) noexcept {
  return name.size() == 2 && std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string_view without(std::string_view text, std::string_view start) noexcept {
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

}  // namespace

const card_refusal generic_refusal = refused[0].refusal;

bool is_payment_method(std::string_view id) noexcept {
  if (!id.starts_with(prefix)) return false;
  const std::string_view name = without(id, prefix);
  return is_country(name) || std::ranges::find(charged, name) != std::end(charged) || refusal_of(id) != nullptr;
}

const card_refusal* refusal_of(std::string_view payment_method) noexcept {
  const std::string_view name = without(without(payment_method, prefix), "visa_");
  const auto* const found = std::ranges::find(refused, name, &refused_method::name);
  return found == std::end(refused) ? nullptr : &found->refusal;
}

std::chrono::milliseconds slowness_of(std::string_view payment_method) noexcept {
  return without(payment_method, prefix) == slow ? slow_charge : std::chrono::milliseconds(0);
}

}  // namespace ticketd::sandbox
