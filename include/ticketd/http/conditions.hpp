// Entity tags, and the conditions that a client makes with them (RFC 9110, 13.1).
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ticketd::http {

// A strong tag: the same for the same bytes, and for no others.
[[nodiscard]] std::string make_etag(std::string_view content);

// Whether If-Match, or If-None-Match, lets the request be done, where the thing has this tag now; nullopt: there is
// none. A request without the header makes no condition. What is no list of tags matches nothing.
[[nodiscard]] bool if_match_holds(const request& asked, const std::optional<std::string>& etag);
[[nodiscard]] bool if_none_match_holds(const request& asked, const std::optional<std::string>& etag);

// What a GET is answered: 200 with the content, or 304 where If-None-Match names it; either with its tag.
[[nodiscard]] response json_unless_known(const request& asked, std::string content);

}  // namespace ticketd::http
