// Creates or replaces an event, and lets readers know: whoever is told that it is written reads it so, on every
// replica.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/event_definition.hpp"
#include "ticketd/persistence/database.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace ticketd::catalog {

struct defined_event {
  domain::define_outcome outcome = domain::define_outcome::created;
  std::optional<domain::event_snapshot>
      event;  // as it stands now; nullopt after a conflict, or where it is not as expected
};

// Whether the event as it stands (null: there is none) is the one that the definition goes by.
using expectation = std::function<bool(const domain::event_snapshot* now)>;

class define_event {
 public:
  // Layout and secret are those of the ids of events that are new.
  define_event(persistence::database& database, event_reader& reader, availability_publisher& publisher,
               domain::id_layout layout, std::string secret_generation)
      : database_(&database),
        reader_(&reader),
        publisher_(&publisher),
        layout_(layout),
        secret_generation_(std::move(secret_generation)) {}

  // Returns when no replica has an older copy any more, which takes reader_settings::l1_for and a little (but for one
  // that takes the database for lost, until its next reader_settings::warm_up_every), or at the deadline. Fails with
  // database_errc; then it is not known whether the event was written, and the same call may be repeated.
  [[nodiscard]] awaitable<result<defined_event>> operator()(const domain::event_definition& event,
                                                            domain::define_mode mode, deadline until);

  // The same, where the event is as expected: which is asked under its lock, in the transaction that writes it, so that
  // of two who have read the same event one is told.
  [[nodiscard]] awaitable<result<defined_event>> operator()(const domain::event_definition& event,
                                                            expectation is_as_expected, deadline until);

 private:
  [[nodiscard]] awaitable<result<defined_event>> define(const domain::event_definition& event, domain::define_mode mode,
                                                        expectation is_as_expected, deadline until);
  [[nodiscard]] awaitable<result<defined_event>> write(domain::event_definition event, domain::define_mode mode,
                                                       const expectation& is_as_expected, deadline until);
  [[nodiscard]] awaitable<> spread(const domain::event_snapshot& event, deadline until);

  persistence::database* database_;
  event_reader* reader_;
  availability_publisher* publisher_;
  domain::id_layout layout_;
  std::string secret_generation_;
};

// The event that every lab comes up with.
[[nodiscard]] domain::event_definition demo_event();

}  // namespace ticketd::catalog
