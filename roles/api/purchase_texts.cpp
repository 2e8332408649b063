#include "api/purchase_texts.hpp"

namespace ticketd::roles::api {
namespace {

using orders::flaw_kind;
using orders::obstacle;

constexpr const char* event_unreadable = "the event can't be read at the moment";
constexpr const char* secret_missing =
    "this replica cannot sell this event yet; repeat it with the same Idempotency-Key";

// Who has a key repeats the purchase under it, as it may have been accepted; who has none knows that it was not.
std::string with_advice(std::string text, bool is_nothing_ordered) {
  return text + (is_nothing_ordered ? "; nothing was ordered"
                                    : "; repeat it with the same Idempotency-Key, it stays one order");
}

}  // namespace

http::field_error field_error_of(const orders::flaw& flaw) {
  const auto bounds = [&flaw] { return std::to_string(flaw.least) + " to " + std::to_string(flaw.most); };
  switch (flaw.kind) {
    case flaw_kind::no_such_event:
      return {"/event_id", "there is no such event"};
    case flaw_kind::no_such_category:
      return {"/category_id", "the event has no such category"};
    case flaw_kind::quantity:
      return {"/quantity", "must be " + bounds()};
    case flaw_kind::not_chargeable:
      return {"/quantity", "so many must cost 0, or " + bounds()};
    case flaw_kind::key_taken:
      return {"", "another purchase was sent under this Idempotency-Key"};
  }
  return {};
}

std::string text_of(const orders::unavailable_purchase& unavailable) {
  const auto advised = [&](const char* text) { return with_advice(text, unavailable.is_nothing_ordered); };
  switch (unavailable.why) {
    case obstacle::event_unreadable:
      return event_unreadable;
    case obstacle::secret_missing:
      return secret_missing;
    case obstacle::payments_behind:
      return advised("payments are too far behind");
    case obstacle::event_backlog_full:
      return advised("too many orders of this event wait already");
    case obstacle::look_up_failed:
      return "it can't be looked up whether this was accepted before; repeat it with the same Idempotency-Key";
    case obstacle::not_settled_yet:
      return "it can't be told yet whether this was accepted before; repeat it with the same Idempotency-Key";
    case obstacle::broker_unreachable:
      return advised("the broker can't be reached at the moment");
    case obstacle::in_flight_full:
      return advised("too many orders are on their way at the moment");
    case obstacle::not_accepting:
      return advised("orders can't be taken at the moment");
    case obstacle::not_confirmed:
      return advised("the order was not confirmed in time");
  }
  return "";
}

std::string text_of(orders::unsettled_purchase unsettled) {
  switch (unsettled) {
    case orders::unsettled_purchase::event_unreadable:
      return event_unreadable;
    case orders::unsettled_purchase::secret_missing:
      return secret_missing;
    case orders::unsettled_purchase::not_finished:
      return "the purchase could not be finished; repeat it with the same Idempotency-Key";
  }
  return "";
}

std::string text_of(const orders::repriced_purchase& repriced) {
  return "one ticket costs " + std::to_string(repriced.price.amount) + " " + repriced.price.currency +
         " (minor units) now";
}

}  // namespace ticketd::roles::api
