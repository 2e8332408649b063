// Events and orders as JSON, as the contract has them.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order.hpp"

#include <memory>
#include <span>
#include <string>

namespace ticketd::roles::api {

[[nodiscard]] std::string render_events(std::span<const std::shared_ptr<const domain::event_snapshot>> events,
                                        domain::timestamp at);
// Without what is left: nothing in it changes with a sale, but for the sale's status.
[[nodiscard]] std::string render_event(const domain::event_snapshot& event, domain::timestamp at);
[[nodiscard]] std::string render_availability(const domain::event_snapshot& event, domain::timestamp at);
[[nodiscard]] std::string render_order(const domain::order_view& order);
// As it is, queued or settled.
[[nodiscard]] std::string render_state(const domain::order_view& order);
[[nodiscard]] std::string render_queued(const domain::order_id& id);

// Cache-Status (RFC 9211): how a reading was come by.
[[nodiscard]] std::string render_cache_status(const catalog::event_reading& reading, bool has_cache, bool is_cache_up,
                                              domain::timestamp at);

}  // namespace ticketd::roles::api
