#include "sandbox/ledger.hpp"

#include <functional>
#include <utility>

namespace ticketd::sandbox {

charge_outcome ledger::make_charge(std::string_view idempotency_key, const charge& asked) {
  const intent_id id = intent_id::of_key(idempotency_key);
  const auto known = intents_.find(id);
  if (known != intents_.end()) {
    if (known->second.parameters != asked.parameters) return charge_outcome::other_parameters;
    ++counts_.repeats;
    return known->second.refusal != nullptr ? charge_outcome::declined : charge_outcome::charged;
  }

  intent made;
  made.amount = asked.amount;
  made.currency = asked.currency;
  made.parameters = asked.parameters;
  made.order = asked.order;
  made.created = asked.created;
  made.refusal = asked.refusal;
  if (made.refusal == nullptr && is_declined(idempotency_key, decline_rate_)) made.refusal = &generic_refusal;
  if (remember(id, std::move(made)).refusal != nullptr) {
    ++counts_.declines;
    return charge_outcome::declined;
  }
  ++counts_.charges;
  counts_.amount_charged += asked.amount;
  return charge_outcome::charged;
}

refund_outcome ledger::make_refund(const intent_id& id, std::string_view idempotency_key) {
  const std::uint64_t key = std::hash<std::string_view>()(idempotency_key);
  const auto known = intents_.find(id);
  intent& of = known != intents_.end() ? known->second : remember(id, intent());
  if (of.refusal != nullptr) return refund_outcome::not_charged;
  if (of.refunded_under) return of.refunded_under == key ? refund_outcome::refunded : refund_outcome::already_refunded;
  of.refunded_under = key;
  ++counts_.refunds;
  counts_.amount_refunded += of.amount;
  return refund_outcome::refunded;
}

const intent* ledger::find(const intent_id& id) const {
  const auto known = intents_.find(id);
  return known == intents_.end() ? nullptr : &known->second;
}

std::vector<ledger::entry> ledger::list(std::size_t most, std::int64_t since, const std::optional<intent_id>& after,
                                        std::string_view of) const {
  std::vector<entry> found;
  bool is_before = !after;
  for (auto id = by_age_.rbegin(); id != by_age_.rend() && found.size() < most; ++id) {
    const intent& each = intents_.at(*id);
    if (is_before && each.created >= since && (of.empty() || each.order == of)) found.push_back({*id, &each});
    if (after == *id) is_before = true;
  }
  return found;
}

intent& ledger::remember(const intent_id& id, intent what) {
  if (by_age_.size() >= intents_max_) {
    intents_.erase(by_age_.front());
    by_age_.pop_front();
  }
  by_age_.push_back(id);
  return intents_.emplace(id, std::move(what)).first->second;
}

}  // namespace ticketd::sandbox
