#include "support/http_calls.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>

namespace ticketd::test {
namespace {

namespace json = boost::json;

json::object parse_object(const std::string& text) {
  boost::system::error_code is_no_json;
  const auto value = json::parse(text, is_no_json);
  return !is_no_json && value.is_object() ? value.get_object() : json::object();
}

// What the callers of send_all share: the next one free takes the next call.
struct work {
  std::vector<std::unique_ptr<http::client>> servers;
  std::vector<call> calls;
  std::vector<std::optional<answer>> answers;
  std::size_t next = 0;
};

awaitable<> take_calls(work& all) {
  while (all.next < all.calls.size()) {
    const std::size_t mine = all.next++;
    http::client& server = *all.servers[mine % all.servers.size()];
    http::request request = to_request(std::move(all.calls[mine]));
    const deadline until = deadline_in(time_limit);
    auto received = co_await server.send(std::move(request), until);
    all.answers[mine].emplace(std::move(received));
  }
}

}  // namespace

call get(std::string target) { return {http::verb::get, std::move(target)}; }

call with_json(http::verb method, std::string target, std::string body, header_list headers) {
  headers.emplace_back("Content-Type", "application/json");
  return {method, std::move(target), std::move(body), std::move(headers)};
}

answer::answer(result<http::response> received) {
  if (!received) return;
  response_ = std::move(*received);
  status_ = static_cast<int>(response_.result_int());
  json_ = parse_object(response_.body());
}

std::string answer::header(std::string_view name) const {
  const auto value = response_[{name.data(), name.size()}];
  return {value.data(), value.size()};
}

std::string answer::member(std::string_view name) const {
  const auto* value = json_.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string answer::problem() const {
  constexpr std::string_view urn = "urn:ticketd:problem:";
  const std::string type = member("type");
  const auto* status = json_.if_contains("status");
  const bool is_document = header("Content-Type") == "application/problem+json" && type.starts_with(urn) &&
                           !member("title").empty() && !member("detail").empty() && status != nullptr &&
                           status->is_int64() && status->get_int64() == status_;
  return is_document ? type.substr(urn.size()) : std::string();
}

std::ostream& operator<<(std::ostream& out, const answer& said) { return out << said.status() << ' ' << said.text(); }

http::request to_request(call from) {
  http::request request(from.method, from.target, 11);
  for (const auto& [name, value] : from.headers) request.insert(name, value);
  request.body() = std::move(from.body);
  return request;
}

answer send(const std::string& url, call what) {
  std::vector<call> calls;
  calls.push_back(std::move(what));
  return std::move(send_all({url}, std::move(calls), 1).front());
}

std::vector<answer> send_all(const std::vector<std::string>& urls, std::vector<call> calls, std::size_t at_once) {
  constexpr std::size_t largest_answer = 8 * 1024 * 1024;
  asio::io_context io(1);
  work all;
  for (const auto& url : urls)
    all.servers.push_back(
        http::make_client(io.get_executor(), {.url = url, .connections = at_once, .answer_max = largest_answer}));
  all.answers.resize(calls.size());
  all.calls = std::move(calls);
  for (std::size_t i = 0; i < at_once; ++i) async::spawn(io.get_executor(), "take_calls", take_calls(all));
  io.run();

  std::vector<answer> answers;
  for (auto& one : all.answers) answers.push_back(std::move(*one));
  return answers;
}

std::ptrdiff_t count_of(const std::vector<answer>& answers, int status) {
  return std::count_if(answers.begin(), answers.end(), [&](const answer& each) { return each.status() == status; });
}

}  // namespace ticketd::test
