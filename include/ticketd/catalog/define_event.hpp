// Creates or replaces an event, and lets readers know.
//
// Thread: the executor's. What it is made of outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/catalog/availability_publisher.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/result.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/event_store.hpp"

namespace ticketd::catalog {

class define_event {
 public:
  define_event(persistence::database& database, event_reader& reader, availability_publisher& publisher) noexcept
      : database_(&database), reader_(&reader), publisher_(&publisher) {}

  // Fails with database_errc.
  [[nodiscard]] awaitable<result<persistence::define_outcome>> operator()(const domain::event_definition& event,
                                                                          persistence::define_mode mode,
                                                                          deadline until);

 private:
  persistence::database* database_;
  event_reader* reader_;
  availability_publisher* publisher_;
};

// The event that every lab comes up with.
[[nodiscard]] domain::event_definition demo_event();

}  // namespace ticketd::catalog
