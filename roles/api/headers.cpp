#include "api/headers.hpp"

#include <span>
#include <utility>

namespace ticketd::roles::api {
namespace {

using http::field;

std::string list_of(std::span<const field> fields, std::span<const std::string_view> names) {
  std::string list;
  const auto add = [&list](std::string_view name) { list.append(list.empty() ? "" : ", ").append(name); };
  for (const auto each : fields) add(http::beast::http::to_string(each));
  for (const auto each : names) add(each);
  return list;
}

}  // namespace

http::cors_settings cors_settings_of(std::vector<std::string> origins) {
  static constexpr field fields_sent[] = {field::authorization, field::content_type, field::if_match,
                                          field::if_none_match};
  static constexpr std::string_view names_sent[] = {headers::idempotency_key, headers::last_event_id, headers::prefer,
                                                    headers::traceparent};
  static constexpr field fields_read[] = {field::allow, field::date,     field::etag,
                                          field::link,  field::location, field::retry_after};
  static constexpr std::string_view names_read[] = {headers::cache_status, headers::preference_applied,
                                                    headers::rate_limit, headers::rate_limit_policy};
  return {.origins = std::move(origins),
          .request_headers = list_of(fields_sent, names_sent),
          .response_headers = list_of(fields_read, names_read)};
}

}  // namespace ticketd::roles::api
