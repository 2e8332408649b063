#include "support/echo_server.hpp"
#include "problems.hpp"
#include "support/catch2.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace ticketd::test {

using namespace std::chrono_literals;
using http::status;

awaitable<http::response> echo(http::request&& request) {
  const http::request received = std::move(request);
  if (received.target() == "/throw") throw std::runtime_error("a bug");
  if (received.target() == "/silence") co_return http::make_silence();
  co_return http::make_text(status::ok, std::string(received.target()) + " " + received.body(), "text/plain");
}

http::server_settings quick() {
  http::server_settings settings;
  settings.header_max = 1024;
  settings.body_max = 100;
  settings.linger = 500ms;
  settings.problem_of = roles::problem_of;
  return settings;
}

std::string problem_type_of(const http::response& answer) {
  CHECK(answer[http::field::content_type] == "application/problem+json");
  return boost::json::parse(answer.body()).at("type").as_string().c_str();
}

std::string get(std::string_view target, std::string_view more) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(more) + "\r\n";
}

std::string post(std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string post_chunked(std::string_view chunks) {
  return "POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}

}  // namespace ticketd::test
