// What is asked of events: lists, one, its availability (also as it changes), and defining one.
//
// Thread: the executor's. Owned by its role; what they are made of outlives them.
#pragma once

#include "api/availability_streams.hpp"
#include "api/watcher_room.hpp"
#include "ticketd/catalog/define_event.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/config/admin.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/http/router.hpp"

#include <span>

namespace ticketd::roles::api {

// What it takes to watch what is left.
struct availability_watching {
  availability_streams& availability;
  http::event_streams& streams;
  watcher_room& room;
};

// Thread: the executor's. What it is made of outlives it.
class event_routes {
 public:
  event_routes(catalog::event_reader& events, catalog::define_event& define_event, availability_watching watching,
               const domain::clock& clock, const domain::charge_bounds& takes, std::span<const config::admin> admins)
      : events_(&events),
        define_event_(&define_event),
        watching_(watching),
        clock_(&clock),
        takes_(takes),
        admins_(admins) {}

  [[nodiscard]] awaitable<http::response> list(const http::request&, http::path_parameter, deadline until);
  [[nodiscard]] awaitable<http::response> get(const http::request&, http::path_parameter event_id, deadline until);
  [[nodiscard]] awaitable<http::response> get_availability(const http::request&, http::path_parameter event_id,
                                                           deadline until);
  [[nodiscard]] awaitable<http::response> get_availability_events(const http::request&, http::path_parameter event_id,
                                                                  deadline until);
  [[nodiscard]] awaitable<http::response> put(const http::request& request, http::path_parameter event_id,
                                              deadline until);

 private:
  catalog::event_reader* events_;
  catalog::define_event* define_event_;
  availability_watching watching_;
  const domain::clock* clock_;
  domain::charge_bounds takes_;
  std::span<const config::admin> admins_;
};

}  // namespace ticketd::roles::api
