// GET /api/v1/events?limit=...&after=...: which of the events, and where the next ones are.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/timestamp.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/problem.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace ticketd::roles::api {

inline constexpr std::size_t page_events_default = 100;
inline constexpr std::size_t page_events_max = 500;  // of 300 bytes each; more: a page that a buyer waits for

// Where a page ends. A place in the order of events and no event's own, so that it stays good when that is moved or
// gone.
struct page_cursor {
  domain::timestamp starts_at;
  std::string id;
};

struct page_request {
  std::size_t limit = page_events_default;
  std::optional<page_cursor> after;
};

[[nodiscard]] std::variant<page_request, http::problem> parse_page_request(const http::request& request);

struct event_page {
  std::span<const std::shared_ptr<const domain::event_snapshot>> events;
  std::string next{};  // path and query of the page behind it; "" where there is none
};

// `events` by start and id; they outlive the page.
[[nodiscard]] event_page page_of(const catalog::event_reader::event_list& events, const page_request& wanted);

}  // namespace ticketd::roles::api
