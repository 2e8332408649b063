// Requests and responses, as the handlers of every role see them. Values, of whoever holds them; nothing here fails, or
// minds the thread.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::http {

namespace beast = boost::beast;

using beast::http::field;
using beast::http::status;
using beast::http::verb;

using request = beast::http::request<beast::http::string_body>;

class stream_source;

// An answer, and what goes on after it, where there is something.
class response : public beast::http::response<beast::http::string_body> {
 public:
  using whole = beast::http::response<beast::http::string_body>;
  using whole::whole;
  response() = default;
  response(whole answer) : whole(std::move(answer)) {}  // NOLINT(google-explicit-constructor): one that does not go on

  std::shared_ptr<stream_source> stream{};  // http/stream.hpp: then there is no body, and the length is open
};

// The server fills in version, keep-alive, Content-Length, Date and Server. Nothing that is made here may be kept by
// anybody (Cache-Control: no-store) until its handler says for how long.
[[nodiscard]] response make_json(status code, std::string body);
[[nodiscard]] response make_text(status code, std::string body, std::string_view content_type);

// Without content: 204, 304.
[[nodiscard]] response make_empty(status code);

// The answer of a handler that will never answer: the connection is held, silent, until the client closes it. For a
// laboratory's provider that hangs.
[[nodiscard]] response make_silence();

// The head of an answer that goes on for as long as its source and its client like.
[[nodiscard]] response make_stream(std::shared_ptr<stream_source> source, std::string_view content_type);

// The path of the target, without a query, in origin form or absolute form (RFC 9112, 3.2); another form as it stands.
[[nodiscard]] std::string_view path_of(const request& incoming) noexcept;

// How long Retry-After asks to wait, in seconds or until a date (RFC 9110, 10.2.3); nullopt where it says nothing that
// can be read.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const response& answer,
                                                              std::chrono::system_clock::time_point now);

// What stands behind the target's question mark, as it stands; "" without one.
[[nodiscard]] std::string_view query_of(const request& incoming) noexcept;

}  // namespace ticketd::http
