#include "support/event_source.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ticketd::test {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

constexpr auto come_back_after = std::chrono::milliseconds(100);  // sooner than a browser: a test waits for it

}  // namespace

std::string heard_event::member(std::string_view of_data) const {
  error_code is_no_json;
  const auto value = boost::json::parse(data, is_no_json);
  const auto* object = is_no_json ? nullptr : value.if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains({of_data.data(), of_data.size()});
  return found != nullptr && found->is_string() ? std::string(found->get_string().data(), found->get_string().size())
                                                : std::string();
}

event_source::event_source(const std::string& url, std::string path) : path_(std::move(path)) {
  const auto host = url.find("://") + 3;
  const auto colon = url.rfind(':');
  host_ = url.substr(host, colon - host);
  port_ = url.substr(colon + 1);
  thread_ = std::thread([this] { run(); });
}

event_source::~event_source() {
  is_stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);  // ends the read on the other thread
  }
  thread_.join();
}

void event_source::run() {
  constexpr int do_not_come_back = 204;
  while (!is_stopping_) {
    const int status = read_once();
    const std::lock_guard lock(mutex_);
    answers_.push_back(status);
    is_over_ = status == do_not_come_back;
    if (is_over_) return;
    std::this_thread::sleep_for(come_back_after);
  }
}

// One stream, to its end. The status of its answer.
int event_source::read_once() {
  error_code failure;
  std::string request = "GET " + path_ + " HTTP/1.1\r\nHost: " + host_ + "\r\nAccept: text/event-stream\r\n";
  {
    const std::lock_guard lock(mutex_);
    socket_ = boost::asio::ip::tcp::socket(io_);
    if (!last_id_.empty()) request += "Last-Event-ID: " + last_id_ + "\r\n";
  }
  boost::asio::ip::tcp::resolver resolver(io_);
  boost::asio::connect(socket_, resolver.resolve(host_, port_, failure), failure);
  if (failure || is_stopping_) return 0;
  boost::asio::write(socket_, boost::asio::buffer(request + "\r\n"), failure);
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(boost::none);
  beast::http::read_header(socket_, buffer, parser, failure);
  if (failure) return 0;
  const int status = static_cast<int>(parser.get().result_int());
  if (status != 200) return status;
  {
    const std::lock_guard lock(mutex_);
    ++beginnings_;
  }
  std::string text;
  while (!failure && !parser.is_done()) {
    beast::http::read_some(socket_, buffer, parser, failure);
    text += std::exchange(parser.get().body(), {});
    take(text);
  }
  return status;
}

void event_source::take(std::string& text) {
  for (std::size_t end = 0; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2))
    take_block(std::string_view(text).substr(0, end));
}

void event_source::take_block(std::string_view block) {
  const std::lock_guard lock(mutex_);
  heard_event event;
  while (!block.empty()) {
    const auto line = block.substr(0, block.find('\n'));
    block.remove_prefix(std::min(line.size() + 1, block.size()));
    const auto value = std::string(line.substr(std::min(line.find(": ") + 2, line.size())));
    if (line.starts_with("retry: ")) ++retries_;
    if (line == ":") ++heartbeats_;
    if (line.starts_with("event: ")) event.name = value;
    if (line.starts_with("id: ")) event.id = last_id_ = value;
    if (line.starts_with("data: ")) event.data = value;
  }
  if (!event.data.empty()) events_.push_back(std::move(event));
}

std::vector<heard_event> event_source::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string event_source::last(std::string_view member) const {
  const std::lock_guard lock(mutex_);
  return events_.empty() ? std::string() : events_.back().member(member);
}

std::string event_source::states() const {
  std::string states;
  for (const auto& event : events()) states.append(states.empty() ? "" : " ").append(event.member("status"));
  return states;
}

std::vector<int> event_source::answers() const {
  const std::lock_guard lock(mutex_);
  return answers_;
}

int event_source::goodbyes() const {
  const std::lock_guard lock(mutex_);
  return retries_ - beginnings_;
}

int event_source::heartbeats() const {
  const std::lock_guard lock(mutex_);
  return heartbeats_;
}

bool event_source::is_over() const {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

}  // namespace ticketd::test
