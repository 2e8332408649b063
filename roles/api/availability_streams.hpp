// Pushes what is left of events to whom watches them, at most four times a second: each watched event is read as its
// buyers read it, once for all who watch it, and said where it differs from what they have heard.
//
// Thread: the executor's. What it is made of outlives it, and it outlives what runs on the executor.
#pragma once

#include "api/watcher_room.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/http/event_stream.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ticketd::roles::api {

struct availability_stream_settings {
  std::chrono::milliseconds rest{250};  // between two readings of one event. Shorter: more writes, to all who watch it
  std::chrono::milliseconds read{};     // of one reading: time_budgets::read
};

using availability_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<class availability_streams>,
                                                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// The server keeps it.
class availability_stream final : public http::event_stream, public availability_hook {
 public:
  availability_stream(http::event_streams& among, watcher_room::place place)
      : http::event_stream(among), place_(std::move(place)) {}

 private:
  friend class availability_streams;

  watcher_room::place place_;
  std::shared_ptr<const std::string> heard_;  // shared by all who have heard the same
};

class availability_streams {
 public:
  availability_streams(const asio::any_io_executor& executor, catalog::event_reader& events, const domain::clock& clock,
                       availability_stream_settings settings)
      : executor_(executor), events_(&events), clock_(&clock), settings_(settings) {}

  // It hears this reading, and from now on what comes.
  void add(availability_stream& stream, const domain::event_snapshot& now);

  // Pushes until the executor stops.
  [[nodiscard]] awaitable<> run();
  // One turn of it.
  [[nodiscard]] awaitable<> push();

 private:
  using streams = boost::intrusive::list<availability_stream, boost::intrusive::base_hook<availability_hook>,
                                         boost::intrusive::constant_time_size<false>>;
  struct watched_event {
    streams by;
    domain::timestamp as_of{};                // of what was said last,
    std::shared_ptr<const std::string> said;  // but for that
  };

  void say(watched_event& event, const domain::event_snapshot& now);

  asio::any_io_executor executor_;
  catalog::event_reader* events_;
  const domain::clock* clock_;
  availability_stream_settings settings_;
  std::map<std::string, watched_event, std::less<>> watched_;
};

}  // namespace ticketd::roles::api
