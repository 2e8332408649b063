// HTTP calls of a test: one, or very many at once. What comes back is a value, whatever happened.
#pragma once

#include "ticketd/http/client.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::test {

using header_list = std::vector<std::pair<std::string, std::string>>;

struct call {
  http::verb method = http::verb::get;
  std::string target;
  std::string body{};
  header_list headers{};
};

[[nodiscard]] call get(std::string target);
[[nodiscard]] call with_json(http::verb method, std::string target, std::string body, header_list headers = {});

class answer {
 public:
  explicit answer(result<http::response> received);

  // 0: none came. The connection was refused or reset, or time ran out.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] const std::string& text() const { return response_.body(); }
  // The body's object; empty if it is none.
  [[nodiscard]] const boost::json::object& json() const { return json_; }
  // A member of the body that is a string; "" if it is none.
  [[nodiscard]] std::string member(std::string_view name) const;
  // The name of the problem that this is a well-formed document of (RFC 9457); "" if it is not.
  [[nodiscard]] std::string problem() const;

 private:
  int status_ = 0;
  http::response response_;
  boost::json::object json_;
};

std::ostream& operator<<(std::ostream& out, const answer& said);

// How long a caller waits: longer than Nginx takes to try every replica.
constexpr auto time_limit = std::chrono::seconds(30);

[[nodiscard]] http::request to_request(call from);

[[nodiscard]] answer send(const std::string& url, call what);

// Call i goes to url i modulo their number, `at_once` of them at a time over kept-alive connections. Answers stand as
// their calls do. With `at_once` 1 each waits for the answer to the last.
[[nodiscard]] std::vector<answer> send_all(const std::vector<std::string>& urls, std::vector<call> calls,
                                           std::size_t at_once);

// How many of the answers have the status.
[[nodiscard]] std::ptrdiff_t count_of(const std::vector<answer>& answers, int status);

}  // namespace ticketd::test
