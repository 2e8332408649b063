#include "http/session.hpp"

#include "http/stream_connection.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/text/visible_ascii.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace ticketd::http {
namespace {

using observability::log_error;
using observability::log_field;

std::string at_most(std::string_view what, std::size_t bytes) {
  return std::string(what) + " may have at most " + std::to_string(bytes) + " bytes.";
}

// With the length of its body, unless that is open. Throws for a body where there may be none; such an answer has no
// length either (RFC 9110, 8.6).
response prepared(response answer) {
  if (answer.stream) return answer;
  answer.prepare_payload();
  const auto code = answer.result();
  if (code == status::no_content || code == status::not_modified) answer.erase(field::content_length);
  return answer;
}

// What a request fails with that was read well, and expects what is not done here.
const error_code unmet_expectation = make_error_code(boost::system::errc::not_supported);

// RFC 9110, 10.1.1: HTTP/1.0 expects nothing.
template <class Header>
bool has_unmet_expectation(const Header& header) {
  constexpr unsigned http_1_1 = 11;
  const auto found = header.find(field::expect);
  return header.version() >= http_1_1 && found != header.end() && !beast::iequals(found->value(), "100-continue");
}

// Host is uri-host and port (RFC 9110, 7.2), or empty. Beast has looked at no value.
bool is_host(std::string_view value) noexcept {
  constexpr std::string_view delimiters = "/\\@?#,;<>\"{}|^`";
  return text::is_visible_ascii(value) && value.find_first_of(delimiters) == std::string_view::npos;
}

// A field that goes on in the next line (RFC 9112, 5.2): what reads it otherwise sees other fields. Beast joins the
// lines.
bool has_folded_line(std::string_view bytes) noexcept {
  return bytes.find("\n ") != std::string_view::npos || bytes.find("\n\t") != std::string_view::npos;
}

// What Beast lets pass though it makes the message's end, or its recipient, doubtful.
template <class Parser>
bool is_framed_well(const Parser& parser) {
  constexpr unsigned http_1_1 = 11;
  const auto& header = parser.get();
  // An encoding that is not understood hides where the body ends: Beast takes it for no body, and would then read the
  // body as the next request (RFC 9112, 6.3). HTTP/1.0 knows none at all.
  const auto encoding = header.find(field::transfer_encoding);
  if (encoding != header.end() && (header.version() < http_1_1 || !beast::iequals(encoding->value(), "chunked")))
    return false;
  // RFC 9112, 3.2: exactly one Host.
  if (header.version() >= http_1_1 && header.count(field::host) != 1) return false;
  return is_host(header[field::host]);
}

}  // namespace

session::session(client_socket socket, std::shared_ptr<session_host> host)
    : socket_(std::move(socket)), host_(std::move(host)) {
  error_code ignored;  // a client that has gone already
  socket_.non_blocking(true, ignored);
  ++host_->open;
  host_->sessions.push_back(*this);
}

session::~session() {
  --host_->open;
  if (host_->is_draining) host_->session_ended.set();
}

// Below, what co_await yields gets a name before it is looked at: of a co_await with temporaries inside a condition,
// GCC 12 makes code that does not run.
awaitable<> session::serve() {
  for (;;) {
    const error_code failure = co_await read_request();
    if (failure) {
      const auto refusal = explain(failure);
      if (refusal) co_await refuse(*refusal);
      co_return;
    }
    const bool client_stays = parser_->keep_alive();
    enter_unlimited(phase::handling);
    request received = parser_->release();
    response answered = co_await answer(std::move(received));
    if (answered.result() == status::unknown) {
      enter_unlimited(phase::idle);
      co_await discard_until_closed();
      co_return;
    }
    auto stream = is_head_ ? nullptr : std::exchange(answered.stream, nullptr);
    const bool keep_alive = client_stays && !host_->is_draining && !stream;
    const bool is_taken = co_await send(std::move(answered), keep_alive);
    if (!is_taken) co_return;
    if (stream) {
      std::make_shared<stream_connection>(std::move(socket_), host_, std::move(stream))->begin();
      co_return;
    }
    if (!keep_alive) {
      co_await linger();
      co_return;
    }
  }
}

awaitable<> session::turn_away() {
  const problem too_many = problem_of(status::service_unavailable, "Too many connections.");
  co_await refuse(too_many);
}

// A whole request, in parser_. Fails with an error of Beast's parser or of the socket.
awaitable<error_code> session::read_request() {
  parser_.emplace();
  parser_->body_limit(host_->settings.body_max);
  is_head_ = false;
  if (buffer_.size() == 0) {
    enter(phase::idle, host_->settings.idle);
    const error_code failure = co_await read_more();
    if (failure) co_return failure;
  }
  enter(phase::reading, host_->settings.request);
  const error_code failure = co_await parse_request();
  // Known as far as the header came: an answer to HEAD has no body, whatever it says.
  is_head_ = parser_->get().method() == verb::head;
  version_ = parser_->get().version();
  co_return failure;
}

// The parser is not eager: it stops behind the header, where the header's rules are looked at.
awaitable<error_code> session::parse_request() {
  const std::size_t header_max = host_->settings.header_max;
  std::size_t header_size = 0;
  bool has_skipped_line = false;
  for (;;) {
    // One empty line before a request is none of its own (RFC 9112, 2.2): some clients end a body with it.
    if (header_size == 0 && !has_skipped_line) has_skipped_line = skip_empty_line();
    const bool was_in_header = !parser_->is_header_done();
    error_code failure;
    const std::size_t used = parser_->put(buffer_.data(), failure);
    const std::string_view taken(static_cast<const char*>(buffer_.data().data()), used);
    const bool is_folded = was_in_header && has_folded_line(taken);
    buffer_.consume(used);
    if (is_folded) co_return beast::http::error::bad_field;
    if (failure && failure != beast::http::error::need_more) co_return failure;

    if (was_in_header) {
      // Counted here, as the parser's own limit holds for the part that it has not taken yet.
      header_size += used;
      const bool is_complete = parser_->is_header_done();
      if (header_size + (is_complete ? 0 : buffer_.size()) > header_max) co_return beast::http::error::header_limit;
      if (is_complete && !is_framed_well(*parser_)) co_return beast::http::error::bad_value;
      if (is_complete && has_unmet_expectation(parser_->get())) co_return unmet_expectation;
    }
    if (parser_->is_done()) co_return error_code();
    if (was_in_header && parser_->is_header_done() && buffer_.size() == 0) {
      failure = co_await invite_body();
      if (failure && failure != beast::http::error::need_more) co_return failure;
    }
    if (buffer_.size() == 0 || failure) {
      // Chunk extensions and trailers count for nobody's limit but the buffer's.
      if (buffer_.size() > header_max) co_return beast::http::error::header_limit;
      failure = co_await read_more();
      if (failure) co_return failure;
    }
  }
}

bool session::skip_empty_line() {
  constexpr std::string_view line_end = "\r\n";
  const std::string_view begin(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const bool is_there = begin.starts_with(line_end);
  if (is_there) buffer_.consume(line_end.size());
  return is_there;
}

// A client that asks before it sends the body is told to go on (RFC 9110, 10.1.1).
awaitable<error_code> session::invite_body() {
  constexpr unsigned http_1_1 = 11;
  const auto& header = parser_->get();
  error_code failure;
  if (header.version() < http_1_1 || !beast::iequals(header[field::expect], "100-continue")) co_return failure;
  constexpr std::string_view invitation = "HTTP/1.1 100 Continue\r\n\r\n";
  co_await asio::async_write(socket_, asio::buffer(invitation), asio::redirect_error(asio::use_awaitable, failure));
  co_return failure;
}

awaitable<error_code> session::read_more() {
  error_code failure;
  const auto space = buffer_.prepare(host_->settings.read_bytes);
  const std::size_t count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failure));
  buffer_.commit(count);
  co_return failure;
}

awaitable<response> session::answer(request&& incoming) {
  try {
    response answered = co_await host_->handle(std::move(incoming));
    co_return prepared(std::move(answered));
  } catch (const std::exception& bug) {
    log_error("http.handler_failed", {log_field("error", bug.what())});
  }
  co_return prepared(make_problem(problem_of(status::internal_server_error, "The request could not be answered.")));
}

// Whether the client took it.
awaitable<bool> session::send(response answer, bool keep_alive) {
  answer.version(version_);
  answer.set(field::server, "ticketd");
  answer.set(field::date, host_->date.text(std::chrono::system_clock::now()));
  answer.keep_alive(keep_alive);
  beast::http::response_serializer<beast::http::string_body> serializer(answer);
  error_code failure;
  // An answer fits into the socket's buffer nearly always, and is written without a turn of the event loop then. The
  // serializer remembers how far it came.
  if (is_head_)
    beast::http::write_header(socket_, serializer, failure);
  else
    beast::http::write(socket_, serializer, failure);
  if (failure != asio::error::would_block) co_return !failure;

  enter(phase::writing, host_->settings.write);
  if (is_head_)
    co_await beast::http::async_write_header(socket_, serializer, asio::redirect_error(asio::use_awaitable, failure));
  else
    co_await beast::http::async_write(socket_, serializer, asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure;
}

// The last answer of a connection of which not everything has been read.
awaitable<> session::refuse(const problem& why) {
  response refusal = prepared(make_problem(why));
  const bool is_taken = co_await send(std::move(refusal), false);
  if (is_taken) co_await linger();
}

awaitable<> session::linger() {
  error_code ignored;  // a client that has gone already
  socket_.shutdown(client_socket::shutdown_send, ignored);
  enter(phase::lingering, host_->settings.linger);
  co_await discard_until_closed();
}

awaitable<> session::discard_until_closed() {
  error_code ended;
  while (!ended) {
    buffer_.clear();
    ended = co_await read_more();
  }
}

problem session::problem_of(status code, std::string detail) const {
  problem result;
  result.type = host_->settings.problem_of(code);
  result.detail = std::move(detail);
  return result;
}

// The answer to a request that could not be read, or none where nobody waits for one.
std::optional<problem> session::explain(const error_code& failure) const {
  using beast::http::error;
  if (failure == asio::error::operation_aborted) {  // by enforce_limits
    if (phase_ == phase::idle) return std::nullopt;
    return problem_of(status::request_timeout, "The request did not arrive in time.");
  }
  if (failure == error::header_limit && is_request_line_too_long())
    return problem_of(status::uri_too_long, at_most("The request line", host_->settings.header_max));
  if (failure == error::header_limit)
    return problem_of(status::request_header_fields_too_large,
                      at_most("The header fields", host_->settings.header_max));
  if (failure == error::body_limit)
    return problem_of(status::payload_too_large, at_most("The body", host_->settings.body_max));
  if (failure == unmet_expectation)
    return problem_of(status::expectation_failed, "Of what a client may expect, only 100-continue is met here.");
  const bool is_of_parser = failure.category() == beast::http::make_error_code(error::bad_value).category();
  if (!is_of_parser) return std::nullopt;
  return problem_of(status::bad_request, "This is not HTTP/1.1: " + failure.message() + ".");
}

// Of the whole line, with its end. The parser takes it at once or leaves it in the buffer, as the bytes happen to come.
bool session::is_request_line_too_long() const {
  const std::size_t header_max = host_->settings.header_max;
  const auto& header = parser_->get();
  if (!header.target().empty()) {
    constexpr std::string_view around = "  HTTP/1.1\r\n";
    return header.method_string().size() + header.target().size() + around.size() > header_max;
  }
  const auto begin = static_cast<const char*>(buffer_.data().data());
  return std::string_view(begin, std::min(buffer_.size(), header_max)).find('\n') == std::string_view::npos;
}

void session::enter(phase next, std::chrono::milliseconds limit) {
  phase_ = next;
  limit_ = std::chrono::steady_clock::now() + limit;
}

void session::enter_unlimited(phase next) {
  phase_ = next;
  limit_ = time_point::max();
}

void session::enforce_limits(time_point now) {
  if (now < limit_) return;
  error_code ignored;
  // Asked again at the next look, should it have been about to go on at this moment.
  socket_.cancel(ignored);
}

void session::close_if_idle() {
  error_code gone;
  // A request that has arrived and is not read yet is in flight already.
  if (phase_ == phase::idle && socket_.available(gone) == 0) close();
}

void session::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace ticketd::http
