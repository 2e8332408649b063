// What a buyer reads of a purchase that was not made, or not for certain: the words for what orders/ says by name.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/problem.hpp"
#include "ticketd/orders/buy_now.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/orders/purchase.hpp"

#include <string>

namespace ticketd::roles::api {

// With the member of the request that it is about; that is none where it is about the whole.
[[nodiscard]] http::field_error field_error_of(const orders::flaw& flaw);

[[nodiscard]] std::string text_of(const orders::unavailable_purchase& unavailable);
[[nodiscard]] std::string text_of(orders::unsettled_purchase unsettled);
[[nodiscard]] std::string text_of(const orders::repriced_purchase& repriced);

}  // namespace ticketd::roles::api
