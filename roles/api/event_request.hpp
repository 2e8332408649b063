// PUT /api/v1/events/{event_id}: from HTTP to an event's definition.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/event_definition.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <string_view>
#include <variant>

namespace ticketd::roles::api {

[[nodiscard]] std::variant<domain::event_definition, http::problem> parse_event_request(
    const http::request& request, std::string_view event_id, const domain::charge_bounds& takes);

}  // namespace ticketd::roles::api
