#include "api/event_page.hpp"

#include "api/json_members.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/text/parse_number.hpp"

#include <boost/url/parse_query.hpp>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace ticketd::roles::api {
namespace {

std::string to_text(const page_cursor& cursor) {
  return std::to_string(cursor.starts_at.time_since_epoch().count()) + "." + cursor.id;
}

std::optional<page_cursor> parse_cursor(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !domain::is_slug(text.substr(dot + 1))) return std::nullopt;
  const auto starts_at = text::parse_number<domain::timestamp::rep>(text.substr(0, dot));
  if (!starts_at) return std::nullopt;
  return page_cursor{domain::timestamp(domain::timestamp::duration(*starts_at)), std::string(text.substr(dot + 1))};
}

// The values that a parameter has in the query. What it does not know of nobody minds.
std::vector<std::string> values_of(const boost::urls::params_encoded_view& parameters, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& each : parameters)
    if (each.has_value && each.key.decode() == name) values.push_back(each.value.decode());
  return values;
}

bool is_behind(const domain::event_snapshot& event, const page_cursor& cursor) {
  return std::tie(event.starts_at, event.id) > std::tie(cursor.starts_at, cursor.id);
}

}  // namespace

std::variant<page_request, http::problem> parse_page_request(const http::request& request) {
  page_request wanted;
  std::vector<http::field_error> errors;
  const std::string query(http::query_of(request));  // Boost.URL 1.81 reads on to a NUL, whatever the size says
  const auto parameters = boost::urls::parse_query(query);
  if (!parameters) return make_validation_problem({{"", "the query is not well-formed"}});
  if (const auto limits = values_of(*parameters, "limit"); !limits.empty()) {
    const auto limit = text::parse_number<std::size_t>(limits.front());
    if (limits.size() > 1 || !limit || *limit < 1 || *limit > page_events_max)
      errors.push_back({"", "limit in the query must stand once, and be 1 to " + std::to_string(page_events_max)});
    else
      wanted.limit = *limit;
  }
  if (const auto cursors = values_of(*parameters, "after"); !cursors.empty()) {
    wanted.after = parse_cursor(cursors.front());
    if (cursors.size() > 1 || !wanted.after)
      errors.push_back({"", "after in the query must stand once, as it was in a Link of ours"});
  }
  if (!errors.empty()) return make_validation_problem(std::move(errors));
  return wanted;
}

event_page page_of(const catalog::event_reader::event_list& events, const page_request& wanted) {
  const auto begin = !wanted.after ? events.begin() : std::ranges::partition_point(events, [&](const auto& event) {
    return !is_behind(*event, *wanted.after);
  });
  const auto left = static_cast<std::size_t>(events.end() - begin);
  event_page page{.events = {begin, std::min(left, wanted.limit)}};
  if (left <= wanted.limit) return page;
  const auto& last = *page.events.back();
  page.next = "/api/v1/events?limit=" + std::to_string(wanted.limit) + "&after=" + to_text({last.starts_at, last.id});
  return page;
}

}  // namespace ticketd::roles::api
