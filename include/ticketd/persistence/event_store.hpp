// Events and their categories in PostgreSQL. The store reads, writes and commits; whether a definition may replace
// another is decided between the two (domain/event_definition.hpp).
//
// Owned by its session. Thread: the session's. Failures are database_errc; after one the transaction is over.
#pragma once

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/event_definition.hpp"
#include "ticketd/persistence/database.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

class event_store {
 public:
  virtual ~event_store() = default;

  // All events, by start and id.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::event_snapshot>>> list(deadline until) = 0;

  // The ids of all events, in no particular order.
  [[nodiscard]] virtual awaitable<result<std::vector<std::string>>> ids(deadline until) = 0;

  // nullopt if there is no such event.
  [[nodiscard]] virtual awaitable<result<std::optional<domain::event_snapshot>>> find(std::string_view event_id,
                                                                                      deadline until) = 0;

  // Those of these that there are, as they are at one moment.
  [[nodiscard]] virtual awaitable<result<std::vector<domain::event_snapshot>>> find(
      std::span<const std::string> event_ids, deadline until) = 0;

  // Opens a transaction, creates the event's row if there is none, locks it, and reads what decide_definition() needs.
  [[nodiscard]] virtual awaitable<result<domain::definition_context>> begin_definition(
      const domain::event_definition& event, deadline until) = 0;

  // Writes the definition, over what is there where it replaces that, and who has made it (event_edits), and commits. A
  // category that it leaves out is retired: it stays for the orders that name it, with nothing left.
  [[nodiscard]] virtual awaitable<result<void>> commit_definition(const domain::event_definition& event,
                                                                  domain::define_outcome outcome, deadline until) = 0;

  // Of events that were made before generations of the secret were kept.
  [[nodiscard]] virtual awaitable<result<void>> name_old_secret(std::string_view generation, deadline until) = 0;

  // Ends a definition that is not to be committed.
  [[nodiscard]] virtual awaitable<result<void>> abandon_definition(deadline until) = 0;
};

}  // namespace ticketd::persistence
