// Server-sent events (WHATWG HTML, 9.2): streams of events that a browser comes back to by itself, saying by
// Last-Event-ID what it heard last.
//
// A stream that nothing is said on is kept open by a comment line now and then, which goes from one timer for all of
// them, some at each turn. Each begins by saying after how long to come back, a time of its own, so that those of a
// replica that dies, or that says goodbye, do not come back together.
//
// Thread: the executor's. `event_streams` is its server's role's, and outlives what runs on the executor.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/stream.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace ticketd::http {

// Data has no line breaks, as JSON has none.
[[nodiscard]] std::string event_text(std::string_view name, std::int64_t id, std::string_view data);

// Of what its client heard last, if it says so and that is a number.
[[nodiscard]] std::optional<std::int64_t> last_event_id(const request& asked);

struct event_stream_settings {
  // Between two comment lines of a stream. Longer: proxies take it for dead (Nginx here, after 25 s); shorter: work.
  std::chrono::milliseconds heartbeat{10'000};
  std::chrono::milliseconds turn{100};  // those of a turn come at once. Longer: more at once
  // When a client is to come back. Sooner: all of a replica's are at the others' door together; later: they hear later
  // of what happens meanwhile.
  std::chrono::milliseconds retry_least{500};
  std::chrono::milliseconds retry_most{3'000};
};

using event_stream_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<class event_streams>,
                                                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class event_stream;

class event_streams {
 public:
  event_streams(asio::any_io_executor executor, event_stream_settings settings, observability::metrics& metrics)
      : executor_(std::move(executor)), settings_(settings), metrics_(&metrics) {}

  // Keeps the streams open, until the executor stops.
  [[nodiscard]] awaitable<> run();
  // One turn of it.
  void beat();

 private:
  friend class event_stream;
  using list = boost::intrusive::list<event_stream, boost::intrusive::base_hook<event_stream_hook>,
                                      boost::intrusive::constant_time_size<false>>;

  [[nodiscard]] std::string retry_text();

  asio::any_io_executor executor_;
  event_stream_settings settings_;
  observability::metrics* metrics_;
  list open_;
  std::size_t count_ = 0;
  std::minstd_rand random_{std::random_device()()};
};

// One of them. What is said before it is open waits, the latest alone.
class event_stream : public stream_source, public event_stream_hook {
 public:
  explicit event_stream(event_streams& among) : among_(&among) {}

  void say(std::string_view event);
  // Ends it behind what was said.
  void finish();

  void opened(stream_writer& to) final;
  void say_goodbye(stream_writer& to) final;
  void closed(stream_end how) final;

 private:
  friend class event_streams;

  event_streams* among_;
  stream_writer* writer_ = nullptr;
  std::string unsaid_;
  bool is_finished_ = false;
};

[[nodiscard]] response make_event_stream(std::shared_ptr<event_stream> stream);

}  // namespace ticketd::http
