// A browser's EventSource, for tests: reads a stream of events on a thread of its own, and comes back with the id that
// it heard last when one ends, until it is told not to (204). Whatever happens is there to be asked.
//
// Thread: the test's; what is read is kept under a lock.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ticketd::test {

struct heard_event {
  std::string name;
  std::string id;
  std::string data;

  // A member of the data that is a string; "" if it is none.
  [[nodiscard]] std::string member(std::string_view of_data) const;
};

class event_source {
 public:
  // `url` as http://host:port.
  event_source(const std::string& url, std::string path);
  ~event_source();
  event_source(const event_source&) = delete;
  event_source& operator=(const event_source&) = delete;

  [[nodiscard]] std::vector<heard_event> events() const;
  // Of the last event's data; "" before the first.
  [[nodiscard]] std::string last(std::string_view member) const;
  // The states that were heard, one after the other: "queued reserved confirmed".
  [[nodiscard]] std::string states() const;
  // Of each attempt, in order; 0: no answer.
  [[nodiscard]] std::vector<int> answers() const;
  [[nodiscard]] int goodbyes() const;  // how often it was told when to come back, beyond once at each beginning
  [[nodiscard]] int heartbeats() const;
  // It was told not to come back.
  [[nodiscard]] bool is_over() const;

 private:
  void run();
  [[nodiscard]] int read_once();
  void take(std::string& text);
  void take_block(std::string_view block);

  std::string host_;
  std::string port_;
  std::string path_;
  mutable std::mutex mutex_;
  std::vector<heard_event> events_;
  std::vector<int> answers_;
  std::string last_id_;
  int retries_ = 0;
  int beginnings_ = 0;
  int heartbeats_ = 0;
  bool is_over_ = false;
  std::atomic<bool> is_stopping_{false};
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  std::thread thread_;
};

}  // namespace ticketd::test
