// Reads all events at once, or no more than their ids, with one question under way however many ask: the list that
// buyers look through, and what tells an id that was given out from one that somebody made up.
//
// Thread: the executor's. Database and clock outlive the listing; what it reads in the background keeps it alive.
#pragma once

#include "catalog/in_flight_read.hpp"
#include "catalog/known_events.hpp"
#include "catalog/local_copies.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/clock.hpp"
#include "ticketd/persistence/database.hpp"

#include <memory>
#include <string>

namespace ticketd::catalog {

// Of who has waited until the deadline for a reading that goes on.
[[nodiscard]] inline error_code out_of_time() noexcept {
  return make_error_code(persistence::database_errc::statement_timeout);
}

class event_listing : public std::enable_shared_from_this<event_listing> {
 public:
  using event_list = event_reader::event_list;

  // `copies`: each list that is read is a reading of each of its events, too.
  event_listing(const asio::any_io_executor& executor, persistence::database& database, const domain::clock& clock,
                reader_settings settings, std::shared_ptr<local_copies> copies)
      : executor_(executor),
        database_(database),
        clock_(clock),
        settings_(settings),
        copies_(std::move(copies)),
        known_(settings.list_for) {}

  // From the copy in hand, or the database; or, while that does not answer, what was last read of it.
  [[nodiscard]] awaitable<result<event_list>> list(deadline until);
  // As the database has it; kept nowhere.
  [[nodiscard]] awaitable<result<event_list>> read_database(deadline until);
  // Reads the list anew, and waits for it as long as a reading may take.
  [[nodiscard]] awaitable<> renew();

  // False for an id that nobody gave out: one list of all ids says so for however many of them are asked for. Where it
  // cannot be read the id is looked up, as Redis may know it.
  [[nodiscard]] awaitable<bool> may_be_an_event(std::string event_id, deadline until);

  // One has just been written here.
  void add(const std::string& event_id) { known_.add(event_id); }

  [[nodiscard]] bool knows_all_events() const noexcept { return known_.is_complete(); }

 private:
  [[nodiscard]] in_flight_read<result<event_list>>::waiter begin_listing();
  [[nodiscard]] awaitable<> read_list();
  [[nodiscard]] awaitable<> read_ids();

  asio::any_io_executor executor_;
  persistence::database& database_;
  const domain::clock& clock_;
  reader_settings settings_;
  std::shared_ptr<local_copies> copies_;
  known_events known_;
  in_flight_read<result<event_list>> listing_;
  in_flight_read<bool> ids_listing_;
};

}  // namespace ticketd::catalog
