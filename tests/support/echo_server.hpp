// What a server of a test's own says, and what it is asked: for tests of HTTP itself.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/server.hpp"

#include <string>
#include <string_view>

namespace ticketd::test {

// A handler that says what it was asked, and ends badly where the target asks for it: /throw, /silence.
awaitable<http::response> echo(http::request&& request);

// Limits that a test reaches at once: 1 KiB of header, 100 bytes of body.
http::server_settings quick();

// Requests, as they go over the wire. `more` is whole header lines.
std::string get(std::string_view target, std::string_view more = "");
std::string post(std::string_view body);
std::string post_chunked(std::string_view chunks);

// The type of an answer that must be a problem document.
std::string problem_type_of(const http::response& answer);

}  // namespace ticketd::test
